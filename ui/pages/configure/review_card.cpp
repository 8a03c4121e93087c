// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/review_card.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QScrollArea>
#include <algorithm>

#include "pages/configure/config_draft.h"
#include "widgets/buttons.h"
#include "widgets/check_row.h"
#include "widgets/format.h"
#include "widgets/labels.h"
#include "widgets/memory_bar.h"
#include "widgets/scroll.h"

namespace rosa::ui {
namespace {

/// Last two parts: runs/2026-11-23-stories260k-e2e.
QString shortPath(const std::filesystem::path& path) {
  return toQString(path.parent_path().filename() / path.filename());
}

QString aboutTime(double seconds) {
  if (seconds <= 0) return QObject::tr("after the first steps");
  if (seconds < 90) return QObject::tr("about %1 s").arg(std::max(1L, std::lround(seconds)));
  if (seconds < 5400) return QObject::tr("about %1 min").arg(std::lround(seconds / 60));
  return QObject::tr("about %1 h").arg(seconds / 3600, 0, 'f', 1);
}

}  // namespace

ReviewCard::ReviewCard(const ConfigDraft& draft, const Theme& theme, QWidget* parent)
    : Card(tr("4  Review"), parent),
      draft_(draft),
      theme_(theme),
      checks_(new QVBoxLayout),
      memory_(new MemoryBar(theme)),
      time_(new NumberLabel),
      folder_(new ElidedLabel(Qt::ElideMiddle)),
      reason_(makeLabel({}, TextSize::Small, Tone::Muted)),
      start_(makePrimaryButton(tr("Start"))) {
  auto* content = new QWidget;
  auto* column = new QVBoxLayout(content);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(16);
  checks_->setSpacing(10);
  column->addLayout(checks_);
  column->addWidget(memory_);
  QLabel* measured = makeLabel(tr("The longest batch is measured when the run starts."), TextSize::Small, Tone::Muted);
  measured->setWordWrap(true);
  column->addWidget(measured);
  auto* timeRow = new QHBoxLayout;
  timeRow->addWidget(makeLabel(tr("Time"), TextSize::Body, Tone::Normal, QFont::Medium));
  timeRow->addStretch();
  time_->setFont(textFont(TextSize::Small));
  setTone(*time_, Tone::Muted);
  timeRow->addWidget(time_);
  column->addLayout(timeRow);
  auto* folderColumn = new QVBoxLayout;
  folderColumn->setSpacing(4);
  folderColumn->addWidget(makeLabel(tr("Writes to"), TextSize::Body, Tone::Normal, QFont::Medium));
  folder_->setFont(textFont(TextSize::Small));
  setTone(*folder_, Tone::Muted);
  folderColumn->addWidget(folder_);
  column->addLayout(folderColumn);
  column->addStretch();

  QScrollArea* scroll = makeScroll(content);
  scroll->viewport()->setAutoFillBackground(false);
  content->setAutoFillBackground(false);
  body()->addWidget(scroll, 1);

  reason_->setWordWrap(true);
  body()->addWidget(reason_);
  start_->setProperty("large", true);
  start_->setObjectName(QStringLiteral("start"));
  body()->addWidget(start_);
  connect(start_, &QPushButton::clicked, this, &ReviewCard::startClicked);
  connect(&draft_, &ConfigDraft::problemsChanged, this, [this] {
    showChecks();
    showStart();
  });
  showChecks();
  showStart();
}

void ReviewCard::setPlanning() {
  planned_ = false;
  failure_.clear();
  showStart();
}

void ReviewCard::setPlan(const RunPlan& plan) {
  plan_ = plan;
  planned_ = true;
  memory_->setMemory(plan.memory, plan.memoryLimitBytes);
  time_->setText(aboutTime(plan.estimatedSeconds));
  folder_->setText(shortPath(plan.runDirectory));
  folder_->setToolTip(toQString(plan.runDirectory));
  showChecks();
  showStart();
}

void ReviewCard::setBlocked(const QString& reason) {
  blocked_ = reason;
  showStart();
}

void ReviewCard::setFailure(const QString& sentence) {
  failure_ = sentence;
  showStart();
}

bool ReviewCard::canStart() const {
  return planned_ && blocked_.isEmpty() && draft_.problems().empty();
}

void ReviewCard::showChecks() {
  std::vector<ReadinessCheck> checks = plan_.checks;
  for (const ConfigProblem& problem : draft_.problems()) {
    const bool told = std::any_of(checks.begin(), checks.end(),
                                  [&](const ReadinessCheck& check) { return check.text == problem.message; });
    if (told) continue;
    const std::string subject = problem.key.empty() ? tr("Settings").toStdString() : problem.key;
    checks.push_back({subject, ReadinessCheck::State::Missing, problem.message});
  }
  while (rows_.size() < static_cast<qsizetype>(checks.size())) {
    rows_.append(new CheckRow(theme_));
    checks_->addWidget(rows_.back());
  }
  for (qsizetype i = 0; i < rows_.size(); ++i) {
    const bool used = i < static_cast<qsizetype>(checks.size());
    if (used) rows_[i]->setCheck(checks[static_cast<std::size_t>(i)]);
    rows_[i]->setVisible(used);
  }
}

void ReviewCard::showStart() {
  QString reason;
  Tone tone = Tone::Muted;
  if (!failure_.isEmpty()) {
    reason = failure_;
    tone = Tone::Bad;
  } else if (!blocked_.isEmpty()) {
    reason = blocked_;
  } else if (!draft_.problems().empty()) {
    const auto count = static_cast<std::int64_t>(draft_.problems().size());
    reason = count == 1 ? tr("One thing is to mend before the start.")
                        : tr("%1 things are to mend before the start.").arg(count);
    tone = Tone::Bad;
  } else if (!planned_) {
    reason = tr("Checking …");
  }
  reason_->setText(reason);
  reason_->setVisible(!reason.isEmpty());
  setTone(*reason_, tone);
  start_->setEnabled(canStart());
  start_->setToolTip(start_->isEnabled() ? tr("Ctrl+Return") : reason);
  start_->setAccessibleDescription(reason);
}

}  // namespace rosa::ui
