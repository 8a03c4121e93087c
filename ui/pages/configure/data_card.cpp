// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/data_card.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalBlocker>
#include <array>

#include "jobs/latest_job.h"
#include "models/setting_tips.h"
#include "models/setting_words.h"
#include "pages/configure/chat_fields.h"
#include "pages/configure/config_draft.h"
#include "pages/configure/preview_facts.h"
#include "pages/configure/preview_model.h"
#include "pages/configure/preview_table.h"
#include "pages/configure/token_view.h"
#include "settings/preferences.h"
#include "widgets/buttons.h"
#include "widgets/combo_box.h"
#include "widgets/field.h"
#include "widgets/format.h"
#include "widgets/labels.h"
#include "widgets/path_combo.h"
#include "widgets/segmented_control.h"

namespace rosa::ui {
namespace {

/// The segments of the choice between two views.
enum View { kTable, kTokens };

constexpr int kPreviewRows = 40;  ///< read; how many show follows from the room there is

/// The models that can do a task.
enum class Models { Any, Decoders, Encoders };

struct TaskChoice {
  Task task;
  const char* spelling;
  Models models;

  [[nodiscard]] bool possible(const ModelSummary& model) const {
    return models == Models::Any || (models == Models::Decoders) == model.languageModel;
  }
};

constexpr std::array kTasks = {
    TaskChoice{Task::Completion, "completion", Models::Decoders},
    TaskChoice{Task::LanguageModelling, "lm", Models::Decoders},
    TaskChoice{Task::Classification, "classification", Models::Any},
    TaskChoice{Task::Regression, "regression", Models::Any},
    TaskChoice{Task::TokenClassification, "token-classification", Models::Any},
    TaskChoice{Task::MaskedLanguageModelling, "masked-lm", Models::Encoders},
};

/// A column that a task wants.
struct ColumnChoice {
  const char* key;
  bool optional;
  std::array<bool, 6> tasks;  ///< lm, completion, classification, regression, token-classification, masked-lm
};

constexpr std::array kColumns = {
    ColumnChoice{"prompt", false, {false, true, false, false, false, false}},
    ColumnChoice{"completion", false, {false, true, false, false, false, false}},
    ColumnChoice{"text", false, {true, false, true, true, true, true}},
    ColumnChoice{"text-pair", true, {false, false, true, true, false, false}},
    ColumnChoice{"label", false, {false, false, true, true, true, false}},
};

bool wanted(const ColumnChoice& column, Task task) {
  return column.tasks.at(static_cast<std::size_t>(task));
}

/// What it means where no column is chosen.
QString unsetColumn(const ColumnChoice& column, Task task) {
  if (column.optional) return QObject::tr("none");
  // Conversations are found by the usual names, and so is text.
  const bool found = task == Task::LanguageModelling || task == Task::MaskedLanguageModelling;
  return found ? QObject::tr("automatic") : QObject::tr("choose …");
}

/// What the run will not see whole; empty where it sees everything.
QString lossesOf(const RunPlan& plan, std::int64_t maxLength) {
  if (plan.dataRows == 0) return {};
  const QString about = plan.estimated ? QObject::tr("about ") : QString();
  QStringList parts;
  if (plan.truncatedExamples > 0) {
    const QString rows = plural(plan.dataRows, QObject::tr("row"), QObject::tr("rows"));
    const QString length = formatCount(maxLength);
    parts << about + (plan.truncatedExamples == 1 ? QObject::tr("1 of %1 is cut at %2 tokens").arg(rows, length)
                                                  : QObject::tr("%1 of %2 are cut at %3 tokens")
                                                        .arg(formatCount(plan.truncatedExamples), rows, length));
  }
  if (plan.droppedExamples > 0) {
    parts << about + QObject::tr("%1 left out, because nothing to predict remains within that length")
                         .arg(plural(plan.droppedExamples, QObject::tr("row is"), QObject::tr("rows are")));
  }
  const auto ofValidation = [&](std::int64_t rows, const QString& what) {
    if (rows == 0) return;
    const bool one = rows == 1;
    parts << about + (one ? QObject::tr("1 row of the validation data is %1").arg(what)
                          : QObject::tr("%1 rows of the validation data are %2").arg(formatCount(rows), what));
  };
  ofValidation(plan.truncatedValidation, QObject::tr("cut"));
  ofValidation(plan.droppedValidation, QObject::tr("left out"));
  if (parts.isEmpty()) return {};
  QString sentence = parts.join(QStringLiteral("; ")) + QLatin1Char('.');
  sentence[0] = sentence[0].toUpper();
  return sentence;
}

}  // namespace

DataCard::DataCard(ConfigDraft& draft, Engine& engine, JobPool& pool, Preferences& preferences, const Theme& theme,
                   QWidget* parent)
    : Card(tr("2  Data"), parent),
      draft_(draft),
      engine_(engine),
      preferences_(preferences),
      inspection_(new LatestJob(pool, this)),
      combo_(new PathCombo),
      field_(new Field(tr("File or folder"), settingTip("data"), combo_)),
      task_(new ComboBox),
      taskField_(new Field(tr("Task"), settingTip("task"), task_)),
      row_(new FieldRow),
      chat_(new ChatFields(draft, [&preferences] { return preferences.lastFolder(); })),
      preview_(new PreviewModel(this)),
      view_(new SegmentedControl),
      table_(new PreviewTable(preview_)),
      tokenView_(new TokenView(engine, pool, theme)),
      facts_(makeLabel({}, TextSize::Small, Tone::Muted)),
      losses_(makeLabel({}, TextSize::Small, Tone::Warn)) {
  combo_->setObjectName(QStringLiteral("data"));
  combo_->lineEdit()->setPlaceholderText(tr("Choose CSV, TSV, JSONL or text"));
  task_->setObjectName(QStringLiteral("task"));

  auto* openButton = makeButton(tr("Open…"));
  openButton->setAccessibleName(tr("Open data"));
  auto* menu = new QMenu(openButton);
  menu->addAction(tr("File…"), this, [this] { open(false); });
  menu->addAction(tr("Folder with train and dev files…"), this, [this] { open(true); });
  connect(openButton, &QPushButton::clicked, this,
          [openButton, menu] { menu->popup(openButton->mapToGlobal(QPoint(0, openButton->height() + 4))); });

  field_->setKeys({QStringLiteral("data")});
  taskField_->setKeys({QStringLiteral("task")});
  row_->add(field_, 7);
  row_->addBeside(openButton, 3);
  row_->add(taskField_, 6);
  for (const ColumnChoice& column : kColumns) {
    auto* combo = new ComboBox;
    combo->setObjectName(QLatin1String(column.key));
    auto* columnField = new Field(settingName(column.key), settingTip(column.key), combo);
    columnField->setKeys({QLatin1String(column.key)});
    columns_.append(columnField);
    row_->add(columnField, 4);
    connect(combo, &QComboBox::activated, this,
            [this, combo, key = column.key] { draft_.set(key, combo->currentData().toString()); });
  }
  body()->addWidget(row_);
  body()->addWidget(chat_);

  view_->addSegment(tr("Table"), tr("The first rows as they stand in the file"));
  view_->addSegment(tr("Tokens"), tr("The rows as the run trains on them, token by token: what counts, what is cut"));
  view_->setAccessibleName(tr("Rows shown as"));
  view_->setCurrent(kTable);
  header()->addWidget(view_);
  body()->addWidget(table_, 1);
  body()->addWidget(tokenView_, 1);
  facts_->setWordWrap(true);
  body()->addWidget(facts_);
  losses_->setWordWrap(true);
  losses_->hide();
  body()->addWidget(losses_);
  body()->addStretch();

  connect(view_, &SegmentedControl::currentChanged, this, &DataCard::showRows);
  connect(combo_, &PathCombo::pathChosen, this, &DataCard::choose);
  connect(task_, &QComboBox::activated, this, [this] {
    taskIsSuggested_ = false;
    draft_.set("task", task_->currentData().toString());
    fillColumns();
  });
  connect(&draft_, &ConfigDraft::replaced, this, [this] {
    taskIsSuggested_ = false;
    fillTasks();
    fillColumns();
    inspect(false);
  });
  // How a table is read is set in Advanced; its columns are others then.
  connect(&draft_, &ConfigDraft::changed, this, [this] {
    if (toQString(draft_.config().data) == inspected_) inspect(true);
    tokenView_->setConfig(draft_.effective());
  });
  connect(&draft_, &ConfigDraft::problemsChanged, this, &DataCard::showProblem);
  combo_->setChoices(preferences_.recentData());
  fillTasks();
  fillColumns();
  showRows();
}

void DataCard::setModel(const std::optional<ModelSummary>& model) {
  model_ = model;
  if (model_ && taskIsSuggested_) draft_.set("task", suggestedTask());
  fillTasks();
  fillColumns();
}

QString DataCard::suggestedTask() const {
  // A plain text is for each kind of model to learn in its own way.
  const bool hides = model_ && !model_->languageModel && summary_.format == "text";
  return hides && summary_.suggestedTask == "lm" ? QStringLiteral("masked-lm") : toQString(summary_.suggestedTask);
}

void DataCard::setPlan(const RunPlan& plan) {
  tokens_.clear();
  const QString about = plan.estimated ? tr("about ") : QString();
  if (plan.longestTokens > 0) {
    tokens_ = about + tr("%1 tokens in the median, %2 in the longest")
                          .arg(formatCount(plan.medianTokens), formatCount(plan.longestTokens));
  }
  const QString losses = lossesOf(plan, draft_.config().maxLength);
  losses_->setText(losses);
  losses_->setVisible(!losses.isEmpty());
  showFacts();
}

void DataCard::open(bool folder) {
  const QString start =
      combo_->path().isEmpty() ? preferences_.lastFolder() : toQString(toPath(combo_->path()).parent_path());
  const QString path =
      folder ? QFileDialog::getExistingDirectory(this, tr("Open a data folder"), start)
             : QFileDialog::getOpenFileName(this, tr("Open data"), start,
                                            tr("Data (*.csv *.tsv *.jsonl *.json *.parquet *.txt);;All files (*)"));
  if (path.isEmpty()) return;
  preferences_.setLastFolder(path);
  choose(path);
}

void DataCard::choose(const QString& path) {
  if (path != inspected_) {
    // They said what the rows of the last file are.
    draft_.put("shape", QStringLiteral("auto"));
    draft_.put("loss-on", QStringLiteral("auto"));
  }
  draft_.set("data", path);
  inspect(true);
}

void DataCard::inspect(bool adoptSuggestions) {
  const QString path = toQString(draft_.config().data);
  combo_->setPath(path);
  const TableReading reading{draft_.config().header, draft_.config().quotes};
  if (path == inspected_ && reading.header == reading_.header && reading.quotes == reading_.quotes) return;
  inspected_ = path;
  reading_ = reading;
  unreadable_.clear();
  tokens_.clear();
  losses_->hide();
  inspection_->cancel();
  showProblem();
  if (path.isEmpty()) {
    show({}, false);
    return;
  }
  facts_->setText(tr("Reading %1 …").arg(pathName(toPath(path))));
  inspection_->ask(
      [&engine = engine_, file = toPath(path), reading] { return engine.inspectData(file, kPreviewRows, reading); },
      [this, path, adoptSuggestions](const Expected<DataSummary>& summary) {
        if (summary) {
          preferences_.addRecentData(path);
        } else {
          unreadable_ = inWindowWords(toQString(summary.error().message));
        }
        show(summary ? *summary : DataSummary{}, adoptSuggestions && summary.hasValue());
        showProblem();
      });
}

void DataCard::show(const DataSummary& summary, bool adoptSuggestions) {
  summary_ = summary;
  preview_->setSummary(summary);
  showRows();
  if (adoptSuggestions) adopt(summary);
  fillTasks();
  fillColumns();
  showFacts();
}

void DataCard::adopt(const DataSummary& summary) {
  const auto take = [this](const char* key, const std::string& value) { draft_.set(key, toQString(value)); };
  taskIsSuggested_ = !summary.suggestedTask.empty();
  if (taskIsSuggested_) draft_.set("task", suggestedTask());
  take("prompt", summary.suggestedPrompt);
  take("completion", summary.suggestedCompletion);
  take("text", summary.suggestedText);
  take("text-pair", summary.suggestedTextPair);
  take("label", summary.suggestedLabel);
}

void DataCard::fillTasks() {
  const QSignalBlocker blocker(task_);
  task_->clear();
  for (const TaskChoice& choice : kTasks) {
    const bool possible = !model_ || choice.possible(*model_);
    // What the configuration says is shown even where it cannot work: the problem then stands at this field.
    if (possible || choice.task == draft_.config().task)
      task_->addItem(choiceName("task", QLatin1String(choice.spelling)), QLatin1String(choice.spelling));
  }
  task_->selectData(draft_.text("task"));
}

void DataCard::fillColumns() {
  const Task task = draft_.config().task;
  chat_->setHasColumns(!summary_.columns.empty() && summary_.format != "text");
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    const ColumnChoice& column = kColumns.at(i);
    Field* field = columns_[static_cast<qsizetype>(i)];
    auto* combo = static_cast<ComboBox*>(field->editor());
    const bool any = !summary_.columns.empty() && summary_.format != "text";
    row_->setFieldVisible(field, wanted(column, task) && any);

    const QSignalBlocker blocker(combo);
    const QString chosen = draft_.text(column.key);
    combo->clear();
    combo->addItem(unsetColumn(column, task), QString());
    for (const std::string& name : summary_.columns) {
      combo->addItem(summary_.hasHeader ? toQString(name) : tr("column %1").arg(toQString(name)), toQString(name));
    }
    if (!chosen.isEmpty() && combo->findData(chosen) < 0) combo->addItem(chosen, chosen);
    combo->selectData(chosen);
  }
}

void DataCard::showRows() {
  const bool any = !summary_.columns.empty();
  const bool tokens = view_->current() == kTokens;
  view_->setVisible(any);
  table_->setVisible(any && !tokens);
  tokenView_->setVisible(any && tokens);
}

void DataCard::showFacts() {
  showValidation();
  if (summary_.format.empty()) {
    facts_->clear();
    return;
  }
  QStringList facts = {toQString(summary_.format), plural(summary_.rows, tr("row"), tr("rows"))};
  const bool table = summary_.format == "CSV" || summary_.format == "TSV";
  if (table && !summary_.hasHeader) facts << tr("no header");
  if (table && draft_.config().quotes != Reading::Auto) {
    facts << (summary_.quotes ? tr("quotation marks enclose fields") : tr("quotation marks are text"));
  }
  const double split = draft_.config().validationSplit;
  const bool chosen = draft_.config().valid.has_value();
  const QString file = pathName(chosen ? *draft_.config().valid : summary_.validationFile);
  if (chosen) {
    facts << tr("validation from %1").arg(file);
  } else if (!file.isEmpty()) {
    facts << tr("validation from %1 (%2)").arg(file, plural(summary_.validationRows, tr("row"), tr("rows")));
  } else if (split > 0) {
    facts << tr("%1 held out for validation").arg(formatShare(split));
  }
  if (!tokens_.isEmpty()) facts << tokens_;
  QString text = facts.join(QStringLiteral(" · "));
  const bool classes = draft_.config().task == Task::Classification;
  const QString more = previewFacts(summary_, classes ? draft_.config().label : std::string());
  if (!more.isEmpty()) text += QLatin1Char('\n') + more;
  facts_->setText(text);
}

void DataCard::showValidation() {
  const auto& chosen = draft_.config().valid;
  Q_EMIT validationFileFound(pathName(chosen ? *chosen : summary_.validationFile));
}

void DataCard::showProblem() {
  field_->setProblem(unreadable_.isEmpty() ? draft_.problem("data") : unreadable_);
  taskField_->setProblem(draft_.problem("task"));
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    columns_[static_cast<qsizetype>(i)]->setProblem(draft_.problem(kColumns.at(i).key));
  }
}

}  // namespace rosa::ui
