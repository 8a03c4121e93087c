// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/run/journal_card.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QStackedLayout>
#include <QTabBar>
#include <QTextBrowser>
#include <algorithm>
#include <string>
#include <vector>

#include "pages/run/run_state.h"
#include "settings/fonts.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

QString origin(const TextSampled& sample) {
  const QString step = QObject::tr("step %1").arg(formatCount(sample.step));
  if (sample.reason == "base") return QObject::tr("before training");
  if (sample.reason == "resample") return QObject::tr("%1, after a resample").arg(step);
  if (sample.reason == "asked") return QObject::tr("%1, asked for").arg(step);
  return step;
}

QString block(const QString& text, const QColor& color, int pixels, int top) {
  return QStringLiteral("<p style=\"color:%1;font-size:%2px;margin:%3px 0 0 0\">%4</p>")
      .arg(color.name())
      .arg(pixels)
      .arg(top)
      .arg(text.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>")));
}

}  // namespace

JournalCard::JournalCard(const Theme& theme, QWidget* parent)
    : Card({}, parent),
      theme_(theme),
      tabs_(new QTabBar),
      pages_(new QStackedLayout),
      samples_(new QTextBrowser),
      prompt_(new QLineEdit),
      log_(new QPlainTextEdit) {
  body()->setContentsMargins(12, 6, 12, 12);
  tabs_->addTab(tr("Samples"));
  tabs_->addTab(tr("Log"));
  tabs_->setAccessibleName(tr("Samples and log"));
  tabs_->setFont(textFont(TextSize::Body, QFont::Medium));
  tabs_->setExpanding(false);
  header()->addWidget(tabs_, 1);
  samples_->setFrameShape(QFrame::NoFrame);
  samples_->setAccessibleName(tr("Text samples"));
  samples_->setOpenLinks(false);
  log_->setFrameShape(QFrame::NoFrame);
  log_->setReadOnly(true);
  log_->setAccessibleName(tr("Log"));
  log_->setFont(textFont(TextSize::Small));
  log_->setMaximumBlockCount(static_cast<int>(RunState::kMostLines));
  prompt_->setPlaceholderText(tr("Try a prompt of your own …"));
  prompt_->setAccessibleName(tr("Prompt of your own"));
  prompt_->setToolTip(tr("Return lets the model go on from exactly this text, with the weights of this step."));
  auto* samples = new QWidget;
  auto* column = new QVBoxLayout(samples);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(8);
  column->addWidget(samples_, 1);
  column->addWidget(prompt_);
  pages_->addWidget(samples);
  pages_->addWidget(log_);
  body()->addLayout(pages_, 1);
  connect(tabs_, &QTabBar::currentChanged, pages_, &QStackedLayout::setCurrentIndex);
  connect(prompt_, &QLineEdit::returnPressed, this, [this] {
    if (prompt_->text().trimmed().isEmpty()) return;
    Q_EMIT sampleWanted(prompt_->text());
    prompt_->clear();
  });
  connect(&theme_, &Theme::changed, this, [this] {
    if (state_ != nullptr) showSamples();
  });
}

void JournalCard::reset() {
  state_ = nullptr;
  shownSamples_ = -1;
  shownLines_ = 0;
  log_->clear();
  samples_->clear();
  tabs_->setTabVisible(0, true);
  tabs_->setCurrentIndex(0);
}

void JournalCard::setState(const RunState& state) {
  state_ = &state;
  if (state.started) tabs_->setTabVisible(0, state.generatesText());
  if (state.sampled != shownSamples_) showSamples();
  if (state.logged != shownLines_) appendLog();
}

void JournalCard::setAsking(bool asking) {
  prompt_->setVisible(asking);
}

void JournalCard::showSamples() {
  shownSamples_ = state_->sampled;
  const ThemeColors& colors = theme_.colors();
  const int small = textFont(TextSize::Small).pixelSize();
  const int body = textFont(TextSize::Body).pixelSize();
  QString html;
  if (state_->samples.empty()) {
    html = block(tr("What the model writes to the run's prompts appears here, before training and at each resample."),
                 colors.muted, body, 0);
  }
  // Prompt by prompt, the newest text first, so that one sees what changed.
  std::vector<std::string> prompts;
  for (auto sample = state_->samples.rbegin(); sample != state_->samples.rend(); ++sample) {
    if (std::find(prompts.begin(), prompts.end(), sample->prompt) == prompts.end()) prompts.push_back(sample->prompt);
  }
  for (const std::string& prompt : prompts) {
    html += block(toQString(prompt), colors.muted, small, html.isEmpty() ? 0 : 16);
    for (const TextSampled& sample : state_->samples) {
      if (sample.prompt != prompt) continue;
      html += block(origin(sample), colors.muted, small, 10);
      html += block(toQString(sample.text).trimmed(), sample.reason == "base" ? colors.muted : colors.text, body, 2);
    }
  }
  samples_->setHtml(html);
}

void JournalCard::appendLog() {
  const auto held = static_cast<std::int64_t>(state_->log.size());
  const std::int64_t from = std::max<std::int64_t>(0, held - (state_->logged - shownLines_));
  for (std::int64_t i = from; i < held; ++i) log_->appendPlainText(state_->log[static_cast<std::size_t>(i)]);
  shownLines_ = state_->logged;
}

}  // namespace rosa::ui
