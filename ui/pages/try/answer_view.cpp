// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/try/answer_view.h"

#include <QHelpEvent>
#include <QScrollBar>
#include <QTextBlockFormat>
#include <QTextCursor>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "widgets/format.h"

namespace rosa::ui {
namespace {

/// "⏎" for a line's end, so that every token shows.
QString shown(const std::string& token) {
  QString text = toQString(token);
  text.replace(QLatin1Char('\n'), QStringLiteral("⏎"));
  text.replace(QLatin1Char(' '), QStringLiteral("␣"));
  return text;
}

QString share(double logProbability) {
  return formatShare(std::exp(logProbability));
}

}  // namespace

AnswerView::AnswerView(const Theme& theme, QWidget* parent) : QTextEdit(parent), theme_(theme) {
  setReadOnly(true);
  setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  setFrameShape(QFrame::NoFrame);
  setTabChangesFocus(true);
  document()->setDocumentMargin(0);
  setPlaceholderText(tr("Answers stand here. Point at a word to see how likely it was."));
  viewport()->setMouseTracking(true);
  connect(this, &QTextEdit::cursorPositionChanged, this, [this] {
    const Span* span = spanAt(textCursor().position());
    QStringList parts;
    if (span != nullptr && !span->tokens.empty()) {
      const ChosenToken& token = span->tokens.front();
      parts << QStringLiteral("“%1” %2").arg(shown(token.chosen.text), share(token.chosen.logProbability));
      for (const TokenChance& chance : token.likeliest) {
        if (chance.text != token.chosen.text) {
          parts << QStringLiteral("%1 %2").arg(shown(chance.text), share(chance.logProbability));
        }
      }
    }
    Q_EMIT tokenChosen(parts.join(QStringLiteral(" · ")));
  });
}

void AnswerView::clearAll() {
  spans_.clear();
  goesOn_ = false;
  clear();
}

void AnswerView::append(const QString& text, bool question) {
  QTextCursor cursor(document());
  cursor.movePosition(QTextCursor::End);
  QTextCharFormat format;
  format.setForeground(question ? theme_.colors().muted : theme_.colors().text);
  cursor.insertText(text, format);
}

void AnswerView::addQuestion(const QString& text, bool continued) {
  const bool first = document()->isEmpty();
  goesOn_ = continued;
  append((first ? QString() : QStringLiteral("\n\n")) + text, true);
  verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void AnswerView::addPiece(const TextPiece& piece) {
  // Whoever has scrolled up to read is left there.
  QScrollBar* bar = verticalScrollBar();
  const bool atEnd = bar->value() >= bar->maximum() - fontMetrics().height();
  if (!goesOn_ && !document()->isEmpty()) append(QStringLiteral("\n"), false);
  goesOn_ = true;
  Span span;
  span.begin = document()->characterCount() - 1;
  append(toQString(piece.text), false);
  span.end = document()->characterCount() - 1;
  span.tokens = piece.tokens;
  spans_.push_back(std::move(span));
  if (atEnd) bar->setValue(bar->maximum());
}

const AnswerView::Span* AnswerView::spanAt(int position) const {
  const auto after = std::upper_bound(spans_.begin(), spans_.end(), position,
                                      [](int place, const Span& span) { return place < span.begin; });
  if (after == spans_.begin()) return nullptr;
  const Span& span = *std::prev(after);
  return position < span.end ? &span : nullptr;
}

QString AnswerView::tokensAt(int position) const {
  const Span* span = spanAt(position);
  if (span == nullptr || span->tokens.empty()) return {};
  QString table = QStringLiteral("<table cellspacing=\"2\">");
  for (const ChosenToken& token : span->tokens) {
    table += QStringLiteral("<tr><td><b>%1</b></td><td align=\"right\"><b>%2</b></td></tr>")
                 .arg(shown(token.chosen.text).toHtmlEscaped(), share(token.chosen.logProbability));
    for (const TokenChance& chance : token.likeliest) {
      table += QStringLiteral("<tr><td>%1</td><td align=\"right\">%2</td></tr>")
                   .arg(shown(chance.text).toHtmlEscaped(), share(chance.logProbability));
    }
  }
  return table + QStringLiteral("</table>");
}

bool AnswerView::viewportEvent(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    const QTextCursor cursor = cursorForPosition(help->pos());
    // The cursor stands between characters; the one that is pointed at is before or behind it.
    const int place = cursor.position() - (cursorRect(cursor).left() > help->pos().x() ? 1 : 0);
    QToolTip::showText(help->globalPos(), tokensAt(place), viewport());
    return true;
  }
  return QTextEdit::viewportEvent(event);
}

}  // namespace rosa::ui
