// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/settings/settings_page.h"

#include <QDesktopServices>
#include <QDir>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QUrl>

#include <QScrollArea>
#include "models/setting_tips.h"
#include "models/setting_words.h"
#include "rosa/config.h"
#include "rosa/home.h"
#include "settings/language.h"
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

SettingsPage::SettingsPage(Theme& theme, Preferences& preferences, const std::filesystem::path& home, bool homeIsFixed,
                           QWidget* parent)
    : QWidget(parent),
      theme_(theme),
      preferences_(preferences),
      home_(toQString(home)),
      homeIsFixed_(homeIsFixed),
      chosenHome_(home_),
      folder_(new Field(tr("Folder"), tr("The folder that holds all runs and their list, here and in a terminal."),
                        new QLineEdit)),
      atOnce_(new SegmentedControl),
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
  cards->addWidget(makeNewRuns());
  cards->addWidget(makeHosts());
  cards->addWidget(makeFolder());
  cards->addWidget(machineCard_);
  cards->addStretch();
  auto* page = new QVBoxLayout(this);
  page->setContentsMargins(24, 16, 24, 16);
  page->setSpacing(12);
  auto* header = new QHBoxLayout;
  // As high as the headers with buttons, so that the title stands still from place to place.
  header->addStrut(folder_->editor()->sizeHint().height());
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
  look->setCurrent(static_cast<int>(theme_.mode()));
  connect(look, &SegmentedControl::currentChanged, this, [this](int index) {
    const auto mode = static_cast<Theme::Mode>(index);
    theme_.setMode(mode);
    preferences_.setThemeMode(mode);
  });
  auto* row = new FieldRow;
  row->add(new Field(tr("Colours"), tr("Whether the window is light or dark."), look), FieldRow::kColumns / 2);
  row->add(makeLanguage(), FieldRow::kColumns / 2);
  card->body()->addWidget(row);
  return card;
}

Field* SettingsPage::makeLanguage() {
  static const QStringList kCodes = {QStringLiteral("system"), QStringLiteral("en"), QStringLiteral("de")};
  auto* language = new SegmentedControl;
  language->addSegment(tr("System"), tr("As the desktop is set"));
  // In their own words, for those who cannot read the others.
  language->addSegment(QStringLiteral("English"));
  language->addSegment(QStringLiteral("Deutsch"));
  language->setCurrent(static_cast<int>(kCodes.indexOf(preferences_.language())));
  auto* field = new Field(tr("Language"),
                          tr("The language of the window; what the engine says of a mistake is English."), language);
  connect(language, &SegmentedControl::currentChanged, this,
          [this, field, before = Language::chosen(preferences_.language())](int index) {
            preferences_.setLanguage(kCodes[index]);
            field->setHelp(Language::chosen(kCodes[index]) == before ? QString() : tr("From the next start on."));
          });
  return field;
}

Card* SettingsPage::makeNewRuns() {
  auto* card = new Card(tr("New runs"));
  auto* row = new FieldRow;
  const RunConfig usual;
  for (const std::string_view key : Preferences::kOfNewRuns) {
    auto* edit = new QLineEdit;
    const QString chosen = preferences_.ofNewRuns(key);
    edit->setText(chosen.isEmpty() ? toQString(configFieldText(usual, key)) : chosen);
    auto* field = new Field(settingName(key), settingTip(key), edit);
    field->setHelp(key == "threads" ? tr("0 for all cores") : tr("0 for no limit"));
    connect(edit, &QLineEdit::textEdited, this,
            [this, field, key](const QString& text) { setOfNewRuns(*field, key, text.trimmed()); });
    row->add(field, FieldRow::kColumns / 4);
  }
  atOnce_->addSegment(tr("One"));
  atOnce_->addSegment(tr("As memory allows"));
  atOnce_->setCurrent(0);
  row->add(
      new Field(tr("Train at once"),
                tr("Whether a run of the queue waits for the one before it, or begins as soon as both are expected "
                   "to fit into nine tenths of the memory."),
                atOnce_),
      FieldRow::kColumns / 2);
  connect(atOnce_, &SegmentedControl::currentChanged, this,
          [this](int index) { Q_EMIT atOnceChosen(static_cast<AtOnce>(index)); });
  card->body()->addWidget(row);
  return card;
}

void SettingsPage::setAtOnce(AtOnce atOnce) {
  const QSignalBlocker blocker(this);
  atOnce_->setCurrent(static_cast<int>(atOnce));
}

void SettingsPage::setOfNewRuns(Field& field, std::string_view key, const QString& text) {
  RunConfig config;
  QString problem;
  if (const Status status = setConfigField(config, key, text.toStdString()); !status) {
    problem = toQString(status.error().message);
  }
  for (const ConfigProblem& found : checkConfig(config)) {
    if (problem.isEmpty() && found.key == key) problem = toQString(found.message);
  }
  field.setProblem(problem.isEmpty() ? QString()
                                     : inWindowWords(toQString(std::string(key)) + QStringLiteral(": ") + problem));
  if (!problem.isEmpty()) return;
  preferences_.setOfNewRuns(key, text);
  Q_EMIT ofNewRunsChanged(toQString(std::string(key)), text);
}

Card* SettingsPage::makeHosts() {
  auto* card = new Card(tr("Other machines"));
  auto* edit = new QLineEdit;
  edit->setText(preferences_.hosts().join(QStringLiteral(", ")));
  edit->setPlaceholderText(QStringLiteral("someone@gpu1, gpu2"));
  auto* field = new Field(tr("Hosts"),
                          tr("Machines on which rosa is installed, as ssh reaches them without asking for a password, "
                             "with commas between: New run then offers them."),
                          edit);
  field->setHelp(tr("model and data of such a run are files of that machine"));
  connect(edit, &QLineEdit::textEdited, this, [this, field](const QString& text) { setHosts(*field, text); });
  auto* row = new FieldRow;
  row->add(field, FieldRow::kColumns);
  card->body()->addWidget(row);
  return card;
}

void SettingsPage::setHosts(Field& field, const QString& text) {
  QStringList hosts;
  QString problem;
  for (const QString& part : text.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
    const QString host = part.trimmed();
    if (host.isEmpty() || hosts.contains(host)) continue;
    const Status status = checkHostName(host.toStdString());
    if (!status && problem.isEmpty()) problem = toQString(status.error().message);
    hosts << host;
  }
  field.setProblem(problem);
  if (!problem.isEmpty()) return;
  preferences_.setHosts(hosts);
  Q_EMIT hostsChanged(hosts);
}

Card* SettingsPage::makeFolder() {
  auto* card = new Card(tr("Where runs are kept"));
  auto* edit = static_cast<QLineEdit*>(folder_->editor());
  edit->setText(home_);
  edit->setEnabled(!homeIsFixed_);
  folder_->setHelp(homeIsFixed_ ? tr("set by the environment variable ROSA_HOME") : tr("in its folder “runs”"));
  auto* row = new FieldRow;
  row->add(folder_, 18);
  QPushButton* choose = makeButton(tr("Choose…"));
  choose->setEnabled(!homeIsFixed_);
  QPushButton* open = makeButton(tr("Open"));
  auto* buttons = new QWidget;
  auto* buttonRow = new QHBoxLayout(buttons);
  buttonRow->setContentsMargins(0, 0, 0, 0);
  buttonRow->setSpacing(8);
  for (QPushButton* button : {choose, open}) buttonRow->addWidget(button);
  buttonRow->addStretch();
  row->addBeside(buttons, 6);
  card->body()->addWidget(row);
  connect(edit, &QLineEdit::editingFinished, this, [this, edit] { chooseFolder(edit->text().trimmed()); });
  connect(choose, &QPushButton::clicked, this, [this, edit] {
    const QString folder = QFileDialog::getExistingDirectory(this, tr("Keep runs in"), edit->text());
    if (folder.isEmpty()) return;
    edit->setText(folder);
    chooseFolder(folder);
  });
  connect(open, &QPushButton::clicked, this, [this] {
    const QString runs = QDir(home_).filePath(QStringLiteral("runs"));
    QDir().mkpath(runs);
    QDesktopServices::openUrl(QUrl::fromLocalFile(runs));
  });
  return card;
}

void SettingsPage::chooseFolder(const QString& text) {
  if (text == chosenHome_) return;
  const Status status = chooseRosaHome(toPath(text));
  folder_->setProblem(status ? QString() : toQString(status.error().message));
  if (!status) return;
  chosenHome_ = text;
  folder_->setHelp(text == home_ ? tr("in its folder “runs”")
                                 : tr("From the next start on. What is there now stays in %1.").arg(home_));
}

void SettingsPage::setMachine(const MachineReport& report) {
  while (QLayoutItem* item = machine_->takeAt(0)) {
    delete item->widget();
    delete item;
  }
  int row = 0;
  for (const MachineReport::Line& line : report.lines) {
    machine_->addWidget(makeLabel(tr(line.name.c_str()), TextSize::Body, Tone::Muted), row, 0, Qt::AlignTop);
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
