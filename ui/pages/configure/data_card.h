// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <optional>

#include "rosa/engine.h"
#include "widgets/card.h"

class QLabel;

namespace rosa::ui {

class ChatFields;
class ComboBox;
class ConfigDraft;
class Field;
class FieldRow;
class JobPool;
class LatestJob;
class PathCombo;
class Preferences;
class PreviewModel;
class PreviewTable;
class SegmentedControl;
class Theme;
class TokenView;

/// Step 2: which data, for which task, and which columns are what.
class DataCard : public Card {
  Q_OBJECT

 public:
  DataCard(ConfigDraft& draft, Engine& engine, JobPool& pool, Preferences& preferences, const Theme& theme,
           QWidget* parent = nullptr);

  /// Offers only the tasks the model can do; all where it is not known.
  void setModel(const std::optional<ModelSummary>& model);
  /// Adds to the facts what only the tokenizer can tell.
  void setPlan(const RunPlan& plan);

  /// As if it had been chosen in the list.
  void choose(const QString& path);

 Q_SIGNALS:
  /// The file that is validated on; empty if there is none, and a share of the rows is held out.
  void validationFileFound(const QString& name);

 private:
  void open(bool folder);
  void inspect(bool adoptSuggestions);
  void show(const DataSummary& summary, bool adoptSuggestions);
  void adopt(const DataSummary& summary);
  /// As the data suggest and the model can do.
  [[nodiscard]] QString suggestedTask() const;
  void fillTasks();
  void fillColumns();
  void showRows();
  void showFacts();
  void showValidation();
  void showProblem();

  ConfigDraft& draft_;
  Engine& engine_;
  Preferences& preferences_;
  LatestJob* inspection_;
  PathCombo* combo_;
  Field* field_;
  ComboBox* task_;
  Field* taskField_;
  FieldRow* row_;
  QList<Field*> columns_;  ///< in the order of kColumns
  ChatFields* chat_;
  PreviewModel* preview_;
  SegmentedControl* view_;  ///< the rows as they stand in the file, or as tokens
  PreviewTable* table_;
  TokenView* tokenView_;
  QLabel* facts_;
  QLabel* losses_;  ///< what the run will cut or leave out
  QString inspected_;
  TableReading reading_;  ///< how it was read
  QString unreadable_;
  DataSummary summary_;
  bool taskIsSuggested_ = false;  ///< nobody has chosen another since
  std::optional<ModelSummary> model_;
  QString tokens_;  ///< what the plan told of lengths
};

}  // namespace rosa::ui
