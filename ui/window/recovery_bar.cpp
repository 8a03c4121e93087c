// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/recovery_bar.h"

#include <QHBoxLayout>
#include <QPainter>

#include "settings/theme.h"
#include "widgets/buttons.h"
#include "widgets/format.h"
#include "widgets/icon_label.h"
#include "widgets/labels.h"

namespace rosa::ui {

RecoveryBar::RecoveryBar(const Theme& theme, QWidget* parent)
    : QWidget(parent),
      text_(new ElidedLabel(Qt::ElideMiddle)),
      continue_(makeLinkButton(tr("Continue"))),
      follow_(makeLinkButton(tr("Follow again"))),
      look_(makeLinkButton(tr("Look"))) {
  setAccessibleName(tr("Interrupted run"));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(24, 8, 24, 9);
  row->setSpacing(16);
  auto* icon = new IconLabel(theme);
  icon->setIcon(QStringLiteral("warning"), &ThemeColors::warn);
  row->addWidget(icon);
  row->addWidget(text_, 1);
  QPushButton* dismiss = makeLinkButton(tr("Dismiss"));
  continue_->setToolTip(tr("Continues training from the last checkpoint"));
  follow_->setToolTip(tr("Connects to the machine that the run lies on once more"));
  look_->setToolTip(tr("Shows the run as far as it came"));
  dismiss->setToolTip(tr("The run stays in History"));
  for (QPushButton* button : {continue_, follow_, look_, dismiss}) row->addWidget(button);
  connect(continue_, &QPushButton::clicked, this, [this] { Q_EMIT continueRequested(record_); });
  connect(follow_, &QPushButton::clicked, this, [this] { Q_EMIT followRequested(record_); });
  connect(look_, &QPushButton::clicked, this, [this] { Q_EMIT lookRequested(record_); });
  connect(dismiss, &QPushButton::clicked, this, [this] { Q_EMIT dismissed(record_); });
  hide();
}

void RecoveryBar::offer(const RunRecord& record, std::optional<std::int64_t> savedStep) {
  record_ = record;
  const bool saved = savedStep && record.resumable;
  const QString name = shortName(toQString(record.name));
  if (saved) {
    text_->setText(
        tr("%1 was interrupted at step %2, saved at %3.").arg(name, formatCount(record.step), formatCount(*savedStep)));
  } else {
    text_->setText(tr("%1 was interrupted at step %2, before its first save.").arg(name, formatCount(record.step)));
  }
  text_->setToolTip({});
  continue_->setVisible(saved);
  follow_->hide();
  look_->show();
  show();
}

void RecoveryBar::tellLost(const std::filesystem::path& runDirectory, const QString& sentence) {
  record_ = {};
  record_.directory = runDirectory;
  text_->setText(sentence);
  text_->setToolTip(sentence);
  continue_->hide();
  follow_->show();
  look_->hide();
  show();
}

void RecoveryBar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), palette().color(QPalette::AlternateBase));
  painter.fillRect(QRect(0, height() - 1, width(), 1), palette().color(QPalette::Mid));
}

}  // namespace rosa::ui
