// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/review_card.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <algorithm>
#include <set>
#include <string>

#include "models/setting_words.h"
#include "pages/configure/config_draft.h"
#include "pages/configure/draft_fields.h"
#include "widgets/buttons.h"
#include "widgets/check_row.h"
#include "widgets/combo_box.h"
#include "widgets/field.h"
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

/// The name in "2026-11-23-stories260k-e2e", made of model and data.
QString madeName(const std::filesystem::path& folder) {
  static const QRegularExpression kDate(QStringLiteral("^\\d{4}-\\d{2}-\\d{2}-"));
  return pathName(folder).remove(kDate);
}

QString aboutTime(double seconds) {
  if (seconds <= 0) return QObject::tr("not known yet");
  if (seconds < 90) return QObject::tr("about %1 s").arg(std::max(1L, std::lround(seconds)));
  if (seconds < 5400) return QObject::tr("about %1 min").arg(std::lround(seconds / 60));
  return QObject::tr("about %1 h").arg(seconds / 3600, 0, 'f', 1);
}

/// In the window's words, and sizes in the units of the bar below.
std::string textOf(const ReadinessCheck& check, const RunPlan& plan) {
  const bool good = check.state != ReadinessCheck::State::Missing;
  if (good && check.subject == "Memory" && plan.memory.totalBytes() > 0) {
    return QObject::tr("about %1 of %2")
        .arg(formatBytes(plan.memory.totalBytes()), formatBytes(plan.memoryLimitBytes))
        .toStdString();
  }
  if (good && check.subject == "Disk" && plan.diskBytes > 0) {
    return QObject::tr("about %1 of %2 free")
        .arg(formatBytes(plan.diskBytes), formatBytes(plan.diskFreeBytes))
        .toStdString();
  }
  // Without a tokenizer there is nothing to say of tokens.
  if (good && check.subject == "Data" && plan.medianTokens == 0 && plan.trainRows > 0) {
    return plural(plan.trainRows, QObject::tr("row"), QObject::tr("rows")).toStdString();
  }
  return inWindowWords(toQString(check.text)).toStdString();
}

}  // namespace

ReviewCard::ReviewCard(ConfigDraft& draft, const Theme& theme, QWidget* parent)
    : Card(tr("4  Review"), parent),
      draft_(draft),
      theme_(theme),
      checks_(new QVBoxLayout),
      memory_(new MemoryBar(theme)),
      time_(new NumberLabel),
      measure_(makeLinkButton(tr("Measure"))),
      name_(makeTextField(draft, "name")),
      hosts_(new ComboBox),
      folder_(new ElidedLabel(Qt::ElideMiddle)),
      reason_(makeLabel({}, TextSize::Small, Tone::Muted)),
      start_(makePrimaryButton(tr("Start"))) {
  auto* content = new QWidget;
  auto* column = new QVBoxLayout(content);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(12);
  checks_->setSpacing(10);
  column->addLayout(checks_);
  column->addWidget(memory_);
  memory_->setToolTip(tr("An estimate of the peak. The longest batch is measured when the run starts."));
  auto* timeRow = new QHBoxLayout;
  timeRow->addWidget(makeLabel(tr("Time"), TextSize::Body, Tone::Normal, QFont::Medium));
  timeRow->addStretch();
  time_->setFont(textFont(TextSize::Small));
  setTone(*time_, Tone::Muted);
  timeRow->addWidget(time_);
  timeRow->addWidget(measure_);
  measure_->setToolTip(
      tr("Trains a few steps of these settings, keeps nothing of them, and tells how long the run will "
         "take"));
  column->addLayout(timeRow);
  auto* folderColumn = new QVBoxLayout;
  folderColumn->setSpacing(4);
  auto* nameRow = new FieldRow;
  nameRow->add(name_, FieldRow::kColumns);
  auto* hostRow = new FieldRow;
  hostRow->add(new Field(tr("Train on"),
                         tr("The machine that trains. On another one, model and data are files of that machine, and "
                            "what is said above is of it too."),
                         hosts_),
               FieldRow::kColumns);
  hostRow_ = hostRow;
  folderColumn->addWidget(hostRow_);
  folderColumn->addWidget(nameRow);
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
  connect(measure_, &QPushButton::clicked, this, &ReviewCard::measureClicked);
  connect(hosts_, &ComboBox::activated, this, &ReviewCard::hostChosen);
  setHosts({});
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
  folder_->setText(tr("Writes to %1").arg(shortPath(plan.runDirectory)));
  static_cast<QLineEdit*>(name_->editor())->setPlaceholderText(madeName(plan.runDirectory));
  folder_->setToolTip(toQString(plan.runDirectory));
  showChecks();
  showStart();
  showTime();
}

void ReviewCard::setPace(const std::optional<Pace>& pace) {
  pace_ = pace;
  showTime();
}

void ReviewCard::setMeasuring(bool measuring) {
  measuring_ = measuring;
  showTime();
}

void ReviewCard::showTime() {
  double seconds = plan_.estimatedSeconds;
  if (pace_) {
    seconds = pace_->stepSeconds * static_cast<double>(plan_.totalSteps) +
              pace_->resampleSeconds * static_cast<double>(plan_.expectedResamples);
  }
  time_->setText(measuring_ ? tr("measuring …") : aboutTime(seconds));
  time_->setToolTip(pace_ ? tr("%1 s a step, as measured").arg(pace_->stepSeconds, 0, 'g', 3) : QString());
  // Beside a run that trains both would be slower than they are.
  measure_->setVisible(!measuring_ && seconds <= 0 && !queueing_ && host().isEmpty() && canStart());
}

void ReviewCard::setBlocked(const QString& reason) {
  blocked_ = reason;
  showStart();
}

void ReviewCard::setQueueing(bool queueing, AtOnce atOnce) {
  queueing_ = queueing;
  atOnce_ = atOnce;
  showStart();
}

void ReviewCard::setFailure(const QString& sentence) {
  failure_ = sentence;
  showStart();
}

void ReviewCard::setHosts(const QStringList& hosts) {
  const QString chosen = host();
  hosts_->clear();
  hosts_->addItem(tr("This machine"), QString());
  for (const QString& name : hosts) hosts_->addItem(name, name);
  hosts_->selectData(chosen);
  hostRow_->setVisible(!hosts.isEmpty());
  if (host() != chosen) Q_EMIT hostChosen();
}

QString ReviewCard::host() const {
  return hosts_->currentData().toString();
}

bool ReviewCard::canStart() const {
  return planned_ && blocked_.isEmpty() && draft_.problems().empty();
}

QString ReviewCard::runName() const {
  const auto* edit = static_cast<QLineEdit*>(name_->editor());
  const QString name = edit->text().isEmpty() ? edit->placeholderText() : edit->text();
  return name.isEmpty() ? QStringLiteral("run") : QString(name).replace(QLatin1Char('/'), QLatin1Char('-'));
}

void ReviewCard::showChecks() {
  struct Row {
    ReadinessCheck check;
    QString key;
    bool holds;  ///< of what stands in the fields now
  };
  QList<Row> rows;
  for (const ReadinessCheck& check : plan_.checks) {
    const bool holds = check.state != ReadinessCheck::State::Missing || draft_.problems().empty();
    rows.append(Row{{check.subject, check.state, textOf(check, plan_)}, {}, holds});
  }
  for (const std::string& remark : plan_.remarks) {
    const std::string text = inWindowWords(toQString(remark)).toStdString();
    rows.append(Row{{tr("Note").toStdString(), ReadinessCheck::State::Warning, text}, {}, true});
  }
  for (const ConfigProblem& problem : draft_.problems()) {
    const QString key = toQString(problem.key);
    const auto told =
        std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.check.text == problem.message; });
    if (told != rows.end()) {
      told->key = key;
      told->holds = true;
      continue;
    }
    const QString subject = key.isEmpty() ? tr("Settings") : settingName(problem.key);
    rows.append(Row{{subject.toStdString(), ReadinessCheck::State::Missing, problem.message}, key, true});
  }
  // What the plan misses and no problem tells is of a value that stands there no longer, or told in the field's words.
  rows.removeIf([](const Row& row) { return !row.holds; });
  // A subject with a problem has no tick beside it.
  std::set<std::string> wrong;
  for (const Row& row : rows) {
    if (row.check.state == ReadinessCheck::State::Missing) wrong.insert(row.check.subject);
  }
  rows.removeIf([&wrong](const Row& row) {
    return row.check.state == ReadinessCheck::State::Good && wrong.count(row.check.subject) > 0;
  });
  while (rows_.size() < rows.size()) {
    const auto index = rows_.size();
    rows_.append(new CheckRow(theme_));
    checks_->addWidget(rows_.back());
    connect(rows_.back(), &CheckRow::activated, this, [this, index] { Q_EMIT settingRequested(targets_[index]); });
  }
  targets_.clear();
  for (qsizetype i = 0; i < rows_.size(); ++i) {
    const bool used = i < rows.size();
    targets_ << (used ? rows[i].key : QString());
    if (used) rows_[i]->setCheck(rows[i].check);
    rows_[i]->setLeadsSomewhere(!targets_.back().isEmpty());
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
    reason = tr("Fix %1 to start.").arg(plural(count, tr("problem"), tr("problems")));
    tone = Tone::Bad;
  } else if (!planned_) {
    reason = tr("Checking …");
  } else if (queueing_ && host().isEmpty()) {
    reason = atOnce_ == AtOnce::One
                 ? tr("A run is training. This one waits for its turn.")
                 : tr("A run is training. This one begins beside it if memory allows, or waits for its turn.");
  }
  showTime();
  start_->setText(queueing_ && host().isEmpty() ? tr("Add to queue") : tr("Start"));
  reason_->setText(reason);
  reason_->setVisible(!reason.isEmpty());
  setTone(*reason_, tone);
  start_->setEnabled(canStart());
  start_->setToolTip(start_->isEnabled() ? tr("Ctrl+Return") : reason);
  start_->setAccessibleDescription(reason);
}

}  // namespace rosa::ui
