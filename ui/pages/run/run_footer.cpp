// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/run/run_footer.h"

#include <QHBoxLayout>
#include <QProgressBar>
#include <cmath>
#include <filesystem>

#include "pages/run/run_state.h"
#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {
namespace {

constexpr int kProgressSteps = 1000;

}  // namespace

RunFooter::RunFooter(QWidget* parent)
    : QWidget(parent), progress_(new QProgressBar), percent_(makeLabel({})), files_(new ElidedLabel(Qt::ElideMiddle)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(16);
  progress_->setRange(0, kProgressSteps);
  progress_->setTextVisible(false);
  progress_->setAccessibleName(tr("Progress"));
  row->addWidget(progress_, 3);
  row->addWidget(percent_);
  row->addStretch(1);
  files_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  files_->setFont(textFont(TextSize::Small));
  setTone(*files_, Tone::Muted);
  row->addWidget(files_, 4);
  setState(nullptr);
}

void RunFooter::setState(const RunState* state) {
  progress_->setVisible(state != nullptr);
  if (state == nullptr) {
    percent_->setText(tr("No run"));
    files_->setText({});
    return;
  }
  const double progress = state->progress();
  progress_->setValue(static_cast<int>(std::lround(progress * kProgressSteps)));
  const QString share = tr("%1 %").arg(static_cast<int>(std::floor(progress * 100)));
  const double seconds = state->step ? state->step->elapsedSeconds : 0;
  percent_->setText(seconds > 0 ? tr("%1 · %2").arg(share, formatDuration(seconds)) : share);
  QStringList parts;
  if (state->checkpoint) {
    parts << tr("last save: step %1%2")
                 .arg(formatCount(state->checkpoint->step), state->checkpoint->verified ? tr(" verified") : QString());
  }
  if (state->started) {
    const std::filesystem::path folder = state->started->runDirectory;
    parts << toQString(folder.parent_path().filename() / folder.filename());
    files_->setToolTip(toQString(folder));
  }
  files_->setText(parts.join(QStringLiteral(" · ")));
}

}  // namespace rosa::ui
