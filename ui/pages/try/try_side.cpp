// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/try/try_side.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QVBoxLayout>

#include "pages/try/answer_view.h"
#include "pages/try/class_bars.h"
#include "widgets/format.h"
#include "widgets/labels.h"
#include "widgets/scroll.h"

namespace rosa::ui {
namespace {

/// "4,561", "20.8": three digits or all of them.
QString speedOf(double tokensPerSecond) {
  constexpr double kWholeFrom = 100;
  return tokensPerSecond < kWholeFrom ? formatNumber(tokensPerSecond, 3)
                                      : formatCount(static_cast<std::int64_t>(tokensPerSecond + 0.5));
}

}  // namespace

TrySide::TrySide(const Theme& theme, QWidget* parent)
    : Card({}, parent),
      title_(makeLabel({}, TextSize::Section, Tone::Normal, QFont::DemiBold)),
      state_(makeLabel({}, TextSize::Small, Tone::Muted)),
      problem_(makeLabel({}, TextSize::Body, Tone::Bad)),
      answers_(new AnswerView(theme)),
      bars_(new ClassBars(theme)),
      barsArea_(makeScroll(bars_)),
      token_(new ElidedLabel) {
  header()->addWidget(title_);
  header()->addStretch();
  header()->addWidget(state_);
  problem_->setWordWrap(true);
  problem_->hide();
  token_->setFont(textFont(TextSize::Small));
  setTone(*token_, Tone::Muted);
  body()->addWidget(problem_);
  body()->addWidget(answers_, 1);
  body()->addWidget(barsArea_, 1);
  body()->addWidget(token_);
  barsArea_->hide();
  // The card is their ground.
  bars_->setAutoFillBackground(false);
  barsArea_->viewport()->setAutoFillBackground(false);
  connect(answers_, &AnswerView::tokenChosen, token_, &QLabel::setText);
}

void TrySide::setTitle(const QString& title) {
  title_->setText(title);
  setAccessibleName(title);
  answers_->setAccessibleName(title);
}

void TrySide::setClassifies(bool classifies) {
  answers_->setVisible(!classifies);
  token_->setVisible(!classifies);
  barsArea_->setVisible(classifies);
}

void TrySide::showClasses(const Classification& judged) {
  setProblem({});
  bars_->showClasses(judged);
  setState(judged.truncated ? tr("the text's end was cut off") : QString());
}

void TrySide::showEnd(const Completion& completion) {
  const QString why = completion.givenUp                        ? tr("stopped")
                      : completion.ending == Ending::EndToken   ? tr("ended")
                      : completion.ending == Ending::StopString ? tr("stop string")
                                                                : tr("length limit");
  setState(tr("%1 · %2 tokens/s · %3")
               .arg(plural(completion.tokens, tr("token"), tr("tokens")), speedOf(completion.tokensPerSecond()), why));
}

void TrySide::setState(const QString& text) {
  state_->setText(text);
}

void TrySide::setProblem(const QString& sentence) {
  problem_->setText(sentence);
  problem_->setVisible(!sentence.isEmpty());
}

void TrySide::clear() {
  answers_->clearAll();
  bars_->clear();
  token_->clear();
  setState({});
  setProblem({});
}

}  // namespace rosa::ui
