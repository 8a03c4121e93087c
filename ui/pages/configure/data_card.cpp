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
#include "pages/configure/config_draft.h"
#include "pages/configure/preview_model.h"
#include "pages/configure/preview_table.h"
#include "settings/preferences.h"
#include "widgets/buttons.h"
#include "widgets/combo_box.h"
#include "widgets/field.h"
#include "widgets/format.h"
#include "widgets/labels.h"
#include "widgets/path_combo.h"

namespace rosa::ui {
namespace {

constexpr int kPreviewRows = 3;

struct TaskChoice {
  Task task;
  const char* spelling;
  const char* name;
  bool needsLanguageModel;
};

constexpr std::array kTasks = {
    TaskChoice{Task::Completion, "completion", QT_TRANSLATE_NOOP("DataCard", "Complete a prompt"), true},
    TaskChoice{Task::LanguageModelling, "lm", QT_TRANSLATE_NOOP("DataCard", "Continue text"), true},
    TaskChoice{Task::Classification, "classification", QT_TRANSLATE_NOOP("DataCard", "Classify text"), false},
    TaskChoice{Task::Regression, "regression", QT_TRANSLATE_NOOP("DataCard", "Score text"), false},
};

/// A column that a task wants.
struct ColumnChoice {
  const char* key;
  const char* name;
  bool optional;
  std::array<bool, 4> tasks;  ///< lm, completion, classification, regression
};

constexpr std::array kColumns = {
    ColumnChoice{"prompt", QT_TRANSLATE_NOOP("DataCard", "Prompt"), false, {false, true, false, false}},
    ColumnChoice{"completion", QT_TRANSLATE_NOOP("DataCard", "Completion"), false, {false, true, false, false}},
    ColumnChoice{"text", QT_TRANSLATE_NOOP("DataCard", "Text"), false, {true, false, true, true}},
    ColumnChoice{"text-pair", QT_TRANSLATE_NOOP("DataCard", "Second text"), true, {false, false, true, true}},
    ColumnChoice{"label", QT_TRANSLATE_NOOP("DataCard", "Label"), false, {false, false, true, true}},
};

bool wanted(const ColumnChoice& column, Task task) {
  return column.tasks.at(static_cast<std::size_t>(task));
}

}  // namespace

DataCard::DataCard(ConfigDraft& draft, Engine& engine, JobPool& pool, Preferences& preferences, QWidget* parent)
    : Card(tr("2  Data"), parent),
      draft_(draft),
      engine_(engine),
      preferences_(preferences),
      inspection_(new LatestJob(pool, this)),
      combo_(new PathCombo),
      field_(new Field(tr("File or folder"), combo_)),
      task_(new ComboBox),
      taskField_(new Field(tr("Task"), task_)),
      row_(new FieldRow),
      preview_(new PreviewModel(this)),
      table_(new PreviewTable(preview_)),
      facts_(makeLabel({}, TextSize::Small, Tone::Muted)) {
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

  row_->add(field_, 8);
  row_->addBeside(openButton, 3);
  row_->add(taskField_, 5);
  for (const ColumnChoice& column : kColumns) {
    auto* combo = new ComboBox;
    combo->setObjectName(QLatin1String(column.key));
    auto* columnField = new Field(tr(column.name), combo);
    columns_.append(columnField);
    row_->add(columnField, 4);
    connect(combo, &QComboBox::activated, this,
            [this, combo, key = column.key] { draft_.set(key, combo->currentData().toString()); });
  }
  body()->addWidget(row_);

  body()->addWidget(table_);
  body()->addWidget(facts_);

  connect(combo_, &PathCombo::pathChosen, this, &DataCard::choose);
  connect(task_, &QComboBox::activated, this, [this] {
    draft_.set("task", task_->currentData().toString());
    fillColumns();
  });
  connect(&draft_, &ConfigDraft::replaced, this, [this] {
    fillTasks();
    fillColumns();
    inspect(false);
  });
  connect(&draft_, &ConfigDraft::problemsChanged, this, &DataCard::showProblem);
  combo_->setChoices(preferences_.recentData());
  fillTasks();
  fillColumns();
}

void DataCard::setModel(const std::optional<ModelSummary>& model) {
  model_ = model;
  fillTasks();
}

void DataCard::setPlan(const RunPlan& plan) {
  tokens_.clear();
  if (plan.longestTokens > 0) {
    tokens_ = tr("median %1 tokens, longest %2").arg(formatCount(plan.medianTokens), formatCount(plan.longestTokens));
    if (plan.truncatedExamples > 0) {
      tokens_ += tr(" · %1 cut at %2").arg(formatCount(plan.truncatedExamples), formatCount(draft_.config().maxLength));
    }
  }
  showFacts();
}

void DataCard::open(bool folder) {
  const QString start = combo_->path().isEmpty() ? preferences_.lastFolder() : combo_->path();
  const QString path = folder
                           ? QFileDialog::getExistingDirectory(this, tr("Open a data folder"), start)
                           : QFileDialog::getOpenFileName(this, tr("Open data"), start,
                                                          tr("Data (*.csv *.tsv *.jsonl *.json *.txt);;All files (*)"));
  if (path.isEmpty()) return;
  preferences_.setLastFolder(path);
  combo_->setPath(path);
  choose(path);
}

void DataCard::choose(const QString& path) {
  draft_.set("data", path);
  inspect(true);
}

void DataCard::inspect(bool adoptSuggestions) {
  const QString path = toQString(draft_.config().data);
  combo_->setPath(path);
  if (path == inspected_) return;
  inspected_ = path;
  unreadable_.clear();
  tokens_.clear();
  inspection_->cancel();
  if (path.isEmpty()) {
    show({}, false);
    return;
  }
  facts_->setText(tr("Reading %1 …").arg(pathName(toPath(path))));
  inspection_->ask([&engine = engine_, file = toPath(path)] { return engine.inspectData(file, kPreviewRows); },
                   [this, path, adoptSuggestions](const Expected<DataSummary>& summary) {
                     if (summary) {
                       preferences_.addRecentData(path);
                     } else {
                       unreadable_ = toQString(summary.error().message);
                     }
                     show(summary ? *summary : DataSummary{}, adoptSuggestions && summary.hasValue());
                     showProblem();
                   });
}

void DataCard::show(const DataSummary& summary, bool adoptSuggestions) {
  summary_ = summary;
  preview_->setSummary(summary);
  table_->setVisible(!summary.columns.empty());
  if (adoptSuggestions) adopt(summary);
  fillTasks();
  fillColumns();
  showFacts();
}

void DataCard::adopt(const DataSummary& summary) {
  const auto take = [this](const char* key, const std::string& value) { draft_.set(key, toQString(value)); };
  if (!summary.suggestedTask.empty()) take("task", summary.suggestedTask);
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
    const bool possible = !model_ || (choice.needsLanguageModel ? model_->languageModel : model_->classifier);
    // What the configuration says is shown even where it cannot work: the problem then stands at this field.
    if (possible || choice.task == draft_.config().task)
      task_->addItem(tr(choice.name), QLatin1String(choice.spelling));
  }
  task_->selectData(draft_.text("task"));
}

void DataCard::fillColumns() {
  const Task task = draft_.config().task;
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    const ColumnChoice& column = kColumns.at(i);
    Field* field = columns_[static_cast<qsizetype>(i)];
    auto* combo = static_cast<ComboBox*>(field->editor());
    row_->setFieldVisible(field, wanted(column, task) && !summary_.columns.empty());

    const QSignalBlocker blocker(combo);
    const QString chosen = draft_.text(column.key);
    combo->clear();
    combo->addItem(column.optional ? tr("none") : tr("choose …"), QString());
    for (const std::string& name : summary_.columns) {
      combo->addItem(summary_.hasHeader ? toQString(name) : tr("column %1").arg(toQString(name)), toQString(name));
    }
    if (!chosen.isEmpty() && combo->findData(chosen) < 0) combo->addItem(chosen, chosen);
    combo->selectData(chosen);
  }
}

void DataCard::showFacts() {
  if (summary_.format.empty()) {
    facts_->clear();
    return;
  }
  QStringList facts = {toQString(summary_.format), plural(summary_.rows, tr("row"), tr("rows"))};
  const double split = draft_.config().validationSplit;
  if (draft_.config().valid) {
    facts << tr("validation from %1").arg(pathName(*draft_.config().valid));
  } else if (summary_.validationRows > 0) {
    facts << tr("%1 for validation").arg(formatCount(summary_.validationRows));
  } else if (split > 0) {
    facts << tr("%1 held out for validation").arg(formatShare(split));
  }
  if (!tokens_.isEmpty()) facts << tokens_;
  facts_->setText(facts.join(QStringLiteral(" · ")));
}

void DataCard::showProblem() {
  field_->setProblem(unreadable_.isEmpty() ? draft_.problem("data") : unreadable_);
  taskField_->setProblem(draft_.problem("task"));
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    columns_[static_cast<qsizetype>(i)]->setProblem(draft_.problem(kColumns.at(i).key));
  }
}

}  // namespace rosa::ui
