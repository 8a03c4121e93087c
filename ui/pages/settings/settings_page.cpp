// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/settings/settings_page.h"

#include <QDesktopServices>
#include <QDir>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QUrl>

#include <QScrollArea>
#include "models/setting_tips.h"
#include "settings/preferences.h"
#include "widgets/buttons.h"
#include "widgets/card.h"
#include "widgets/field.h"
#include "widgets/format.h"
#include "widgets/icon_label.h"
#include "widgets/labels.h"
#include "widgets/scroll.h"
#include "widgets/segmented_control.h"

namespace rosa::ui {

SettingsPage::SettingsPage(Theme& theme, Preferences& preferences, const std::filesystem::path& home, QWidget* parent)
    : QWidget(parent),
      theme_(theme),
      preferences_(preferences),
      threads_(new Field(tr("Threads"), settingTip("threads"), new QLineEdit)),
      machineCard_(new Card(tr("This machine"))),
      machine_(new QGridLayout) {
  machine_->setHorizontalSpacing(16);
  machine_->setVerticalSpacing(8);
  machine_->setColumnStretch(1, 1);
  machineCard_->body()->addLayout(machine_);
  machineCard_->body()->addStretch();

  auto* content = new QWidget;
  auto* cards = new QVBoxLayout(content);
  cards->setContentsMargins(0, 0, 0, 0);
  cards->setSpacing(12);
  cards->addWidget(makeAppearance());
  cards->addWidget(makeRuns(home));
  cards->addWidget(machineCard_);
  cards->addStretch();
  auto* page = new QVBoxLayout(this);
  page->setContentsMargins(24, 16, 24, 16);
  page->setSpacing(12);
  auto* header = new QHBoxLayout;
  // As high as the headers with buttons, so that the title stands still from place to place.
  header->addStrut(threads_->editor()->sizeHint().height());
  header->addWidget(makeLabel(tr("Settings"), TextSize::Title, Tone::Normal, QFont::DemiBold));
  page->addLayout(header);
  page->addWidget(makeScroll(content), 1);
}

Card* SettingsPage::makeAppearance() {
  auto* card = new Card(tr("Look"));
  auto* look = new SegmentedControl;
  look->addSegment(tr("System"), tr("As the desktop is set"));
  look->addSegment(tr("Light"), tr("Dark text on a light ground"));
  look->addSegment(tr("Dark"), tr("Light text on a dark ground"));
  look->setAccessibleName(tr("Look"));
  look->setCurrent(static_cast<int>(theme_.mode()));
  connect(look, &SegmentedControl::currentChanged, this, [this](int index) {
    const auto mode = static_cast<Theme::Mode>(index);
    theme_.setMode(mode);
    preferences_.setThemeMode(mode);
  });
  card->body()->addWidget(look);
  return card;
}

Card* SettingsPage::makeRuns(const std::filesystem::path& home) {
  auto* card = new Card(tr("New runs"));
  auto* edit = static_cast<QLineEdit*>(threads_->editor());
  edit->setText(QString::number(preferences_.threads()));
  edit->setObjectName(QStringLiteral("threads"));
  threads_->setHelp(tr("0 for all cores"));
  connect(edit, &QLineEdit::textEdited, this, &SettingsPage::setThreads);
  auto* row = new FieldRow;
  row->add(threads_, 4);
  card->body()->addWidget(row);

  const QString folder = toQString(home / "runs");
  auto* folderRow = new QHBoxLayout;
  auto* column = new QVBoxLayout;
  column->setSpacing(2);
  auto* path = new ElidedLabel(Qt::ElideMiddle);
  path->setText(tr("Runs are kept in %1").arg(folder));
  column->addWidget(path);
  column->addWidget(
      makeLabel(tr("To keep them elsewhere, set the environment variable ROSA_HOME before you start the studio."),
                TextSize::Small, Tone::Muted));
  folderRow->addLayout(column, 1);
  QPushButton* open = makeButton(tr("Open folder"));
  connect(open, &QPushButton::clicked, this, [folder] {
    QDir().mkpath(folder);
    QDesktopServices::openUrl(QUrl::fromLocalFile(folder));
  });
  folderRow->addWidget(open);
  card->body()->addLayout(folderRow);
  return card;
}

void SettingsPage::setThreads(const QString& text) {
  constexpr int kMostThreads = 1024;
  bool isNumber = false;
  const int threads = text.trimmed().toInt(&isNumber);
  if (!isNumber || threads < 0 || threads > kMostThreads) {
    threads_->setProblem(tr("Threads must be a whole number from 0 (all cores) to %1.").arg(kMostThreads));
    return;
  }
  threads_->setProblem({});
  preferences_.setThreads(threads);
  Q_EMIT threadsChanged(threads);
}

void SettingsPage::setMachine(const MachineReport& report) {
  while (QLayoutItem* item = machine_->takeAt(0)) {
    delete item->widget();
    delete item;
  }
  int row = 0;
  for (const MachineReport::Line& line : report.lines) {
    machine_->addWidget(makeLabel(toQString(line.name), TextSize::Body, Tone::Muted), row, 0, Qt::AlignTop);
    QLabel* value = makeLabel(toQString(line.value));
    value->setWordWrap(true);
    value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    machine_->addWidget(value, row, 1);
    if (line.warning) {
      auto* icon = new IconLabel(theme_);
      icon->setIcon(QStringLiteral("warning"), &ThemeColors::warn);
      machine_->addWidget(icon, row, 2, Qt::AlignTop);
    }
    ++row;
  }
}

}  // namespace rosa::ui
