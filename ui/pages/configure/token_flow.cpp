// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/token_flow.h"

#include <QFontMetricsF>
#include <QHash>
#include <QHelpEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>
#include <algorithm>
#include <cmath>
#include <utility>

#include "settings/fonts.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

constexpr int kMargin = 6;   ///< around all tokens
constexpr int kPadding = 3;  ///< beside a token's text
constexpr int kGap = 2;      ///< between tokens, and between lines
constexpr int kUsualLines = 5;
constexpr double kRadius = 3;

QColor mixed(const QColor& ground, const QColor& colour, double share) {
  const auto part = [share](int a, int b) { return static_cast<int>(a + (b - a) * share); };
  return {part(ground.red(), colour.red()), part(ground.green(), colour.green()), part(ground.blue(), colour.blue())};
}

}  // namespace

TokenFlow::TokenFlow(const Theme& theme, QWidget* parent) : QAbstractScrollArea(parent), theme_(theme) {
  setProperty("panel", true);
  setFrameShape(QFrame::StyledPanel);
  viewport()->setAutoFillBackground(false);
  setFocusPolicy(Qt::StrongFocus);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
  setAccessibleName(tr("Tokens of the row"));
  connect(&theme_, &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

void TokenFlow::setRow(TokenRow row) {
  row_ = std::move(row);
  hits_.clear();
  setAccessibleDescription(row_.text().left(1000));
  measure();
  layOut();
  verticalScrollBar()->setValue(0);
}

void TokenFlow::setHits(const QList<qsizetype>& hits) {
  if (hits_ == hits) return;
  hits_ = hits;
  if (!hits_.isEmpty() && !lines_.empty()) {
    const int top = static_cast<int>(lineOf(hits_.front())) * lineHeight();
    auto* bar = verticalScrollBar();
    if (top < bar->value() || top + lineHeight() > bar->value() + viewport()->height()) bar->setValue(top);
  }
  viewport()->update();
}

int TokenFlow::lineHeight() const {
  return fontMetrics().height() + 4 + kGap;
}

int TokenFlow::linesHeight(int lines) const {
  return lines * lineHeight() - kGap + 2 * kMargin + 2 * frameWidth();
}

QSize TokenFlow::sizeHint() const {
  return {fontMetrics().averageCharWidth() * 60, linesHeight(kUsualLines)};
}

QSize TokenFlow::minimumSizeHint() const {
  return {fontMetrics().averageCharWidth() * 12, linesHeight(kUsualLines)};
}

void TokenFlow::measure() {
  const QFontMetricsF metrics(font());
  QHash<QString, float> known;  // the same tokens come again and again
  widths_.clear();
  widths_.reserve(static_cast<std::size_t>(row_.tokens().size()));
  for (const ShownToken& token : row_.tokens()) {
    auto found = known.constFind(token.text);
    if (found == known.constEnd()) {
      found = known.insert(token.text, static_cast<float>(metrics.horizontalAdvance(token.text)) + 2 * kPadding);
    }
    widths_.push_back(*found);
  }
}

void TokenFlow::layOut() {
  const auto room = static_cast<float>(std::max(1, viewport()->width() - 2 * kMargin));
  lines_.clear();
  lefts_.assign(widths_.size(), 0);
  float x = 0;
  bool fresh = true;
  for (std::size_t i = 0; i < widths_.size(); ++i) {
    if (fresh || x + widths_[i] > room) {
      lines_.push_back(static_cast<qsizetype>(i));
      x = 0;
    }
    lefts_[i] = x;
    x += widths_[i] + kGap;
    fresh = row_.tokens()[static_cast<qsizetype>(i)].breaksLine;
  }
  const int height = static_cast<int>(lines_.size()) * lineHeight() - kGap + 2 * kMargin;
  verticalScrollBar()->setSingleStep(lineHeight());
  verticalScrollBar()->setPageStep(viewport()->height());
  verticalScrollBar()->setRange(0, std::max(0, height - viewport()->height()));
  viewport()->update();
}

std::size_t TokenFlow::lineOf(qsizetype token) const {
  return static_cast<std::size_t>(std::upper_bound(lines_.begin(), lines_.end(), token) - lines_.begin() - 1);
}

QRectF TokenFlow::rectOf(std::size_t line, qsizetype token) const {
  const auto i = static_cast<std::size_t>(token);
  const double width = std::min<double>(widths_[i], std::max(1, viewport()->width() - 2 * kMargin));
  return {kMargin + lefts_[i],
          static_cast<double>(kMargin) + static_cast<double>(line) * lineHeight() - verticalScrollBar()->value(), width,
          static_cast<double>(lineHeight() - kGap)};
}

qsizetype TokenFlow::tokenAt(const QPoint& point) const {
  const int y = point.y() - kMargin + verticalScrollBar()->value();
  if (y < 0) return -1;
  const auto line = static_cast<std::size_t>(y / lineHeight());
  if (line >= lines_.size()) return -1;
  const qsizetype end = line + 1 < lines_.size() ? lines_[line + 1] : row_.tokens().size();
  for (qsizetype token = lines_[line]; token < end; ++token) {
    if (rectOf(line, token).contains(point)) return token;
  }
  return -1;
}

QColor TokenFlow::hitColor(const QColor& ground, const ThemeColors& colors) {
  return mixed(ground, colors.warn, 0.4);
}

void TokenFlow::drawToken(QPainter& painter, const QRectF& rect, const ShownToken& token, const ThemeColors& colors,
                          bool hit) {
  const bool counts = token.role == TokenRole::Counts;
  const bool cut = token.role == TokenRole::Cut;
  const QColor ground = cut ? colors.surface : counts ? mixed(colors.surface, colors.train, 0.2) : colors.raised;
  painter.setPen(Qt::NoPen);
  painter.setBrush(hit ? hitColor(ground, colors) : ground);
  painter.drawRoundedRect(rect, kRadius, kRadius);
  if (counts) painter.fillRect(QRectF(rect.left() + 1, rect.bottom() - 2, rect.width() - 2, 2), colors.train);
  if (token.endsTurn) {
    painter.setPen(QPen(colors.rate, 1.5));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(rect.adjusted(0.75, 0.75, -0.75, -0.75), kRadius, kRadius);
  }
  painter.setPen(counts || hit ? colors.text : colors.muted);
  const QRectF inner = rect.adjusted(kPadding, 0, -kPadding, 0);
  painter.drawText(inner, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, token.text);
  if (cut) {
    painter.setPen(QPen(colors.bad, 1));
    const double middle = std::floor(rect.center().y()) + 0.5;
    painter.drawLine(QPointF(rect.left(), middle), QPointF(rect.right() + kGap, middle));
  }
}

void TokenFlow::paintEvent(QPaintEvent* event) {
  QPainter painter(viewport());
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setFont(font());
  const ThemeColors& colors = theme_.colors();
  const int scrolled = verticalScrollBar()->value();
  const auto first = static_cast<std::size_t>(std::max(0, event->rect().top() + scrolled - kMargin) / lineHeight());
  const auto last = static_cast<std::size_t>(std::max(0, event->rect().bottom() + scrolled - kMargin) / lineHeight());
  for (std::size_t line = first; line <= last && line < lines_.size(); ++line) {
    const qsizetype end = line + 1 < lines_.size() ? lines_[line + 1] : row_.tokens().size();
    auto hit = std::lower_bound(hits_.begin(), hits_.end(), lines_[line]);
    for (qsizetype token = lines_[line]; token < end; ++token) {
      const bool found = hit != hits_.end() && *hit == token;
      if (found) ++hit;
      drawToken(painter, rectOf(line, token), row_.tokens()[token], colors, found);
    }
  }
}

void TokenFlow::resizeEvent(QResizeEvent* event) {
  QAbstractScrollArea::resizeEvent(event);
  layOut();
}

void TokenFlow::changeEvent(QEvent* event) {
  QAbstractScrollArea::changeEvent(event);
  if (event->type() != QEvent::FontChange) return;
  measure();
  layOut();
}

void TokenFlow::keyPressEvent(QKeyEvent* event) {
  auto* bar = verticalScrollBar();
  switch (event->key()) {
    case Qt::Key_Up:
      return bar->triggerAction(QAbstractSlider::SliderSingleStepSub);
    case Qt::Key_Down:
      return bar->triggerAction(QAbstractSlider::SliderSingleStepAdd);
    case Qt::Key_PageUp:
      return bar->triggerAction(QAbstractSlider::SliderPageStepSub);
    case Qt::Key_PageDown:
      return bar->triggerAction(QAbstractSlider::SliderPageStepAdd);
    case Qt::Key_Home:
      return bar->triggerAction(QAbstractSlider::SliderToMinimum);
    case Qt::Key_End:
      return bar->triggerAction(QAbstractSlider::SliderToMaximum);
    default:
      // Left and right are for whoever knows of other rows.
      event->ignore();
  }
}

bool TokenFlow::viewportEvent(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    showToolTip(help->pos(), help->globalPos());
    return true;
  }
  return QAbstractScrollArea::viewportEvent(event);
}

void TokenFlow::showToolTip(const QPoint& point, const QPoint& globalPoint) {
  const qsizetype number = tokenAt(point);
  if (number < 0) return QToolTip::hideText();
  const ShownToken& token = row_.tokens()[number];
  QStringList facts = {tr("token %1").arg(formatCount(number + 1)), tr("id %1").arg(token.id)};
  switch (token.role) {
    case TokenRole::Read:
      facts << tr("only read");
      break;
    case TokenRole::Counts:
      facts << tr("counts in the loss");
      break;
    case TokenRole::Cut:
      facts << tr("cut off, not seen");
      break;
  }
  if (token.endsTurn) facts << tr("ends a turn");
  QToolTip::showText(globalPoint, facts.join(QStringLiteral(" · ")), viewport());
}

}  // namespace rosa::ui
