// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <filesystem>
#include <optional>
#include <vector>

#include "rosa/engine.h"
#include "rosa/runs.h"

class QLabel;
class QLineEdit;
class QPushButton;
class QTableView;

namespace rosa::ui {

class CompareArea;
class ElidedLabel;
class JobPool;
class LatestJob;
class NotesBar;
class Preferences;
class QueueCard;
class RunsDelegate;
class RunsFilter;
class RunsModel;
class Theme;

/// All runs of this machine: find, open, continue, export, compare, delete.
///
/// GUI thread only; the catalogue is read on a worker. Engine, runs, pool, theme and preferences must outlive the page.
class HistoryPage : public QWidget {
  Q_OBJECT

 public:
  /// `home`: the folder below which exports are proposed.
  HistoryPage(Engine& engine, Runs& runs, JobPool& pool, const Theme& theme, Preferences& preferences,
              std::filesystem::path home, QWidget* parent = nullptr);

  /// Reads the catalogue anew. Called when the page is shown and when a run starts, ends or is exported.
  void refresh();
  /// While a run trains, another that is continued waits for its turn.
  void setTraining(bool training);
  /// The folder of the window's own run while it is paused; empty = none.
  void setPaused(const std::filesystem::path& directory);
  /// Asks for a destination and exports, from wherever in the window.
  void exportRun(const RunRecord& record);
  /// Asks for one of the paper's experiments and puts it into the queue.
  void startExperiment();
  /// An experiment's page and what it told.
  void showExperiment(const RunRecord& record);
  /// The run in the table, if the catalogue has it.
  [[nodiscard]] std::optional<RunRecord> find(const std::filesystem::path& directory) const;

  /// What stands in the window's footer while this page is shown. Owned by the page until it is put somewhere.
  [[nodiscard]] QWidget* footer() const { return footer_; }

 Q_SIGNALS:
  void openRequested(const rosa::RunRecord& record);
  void resumeRequested(const rosa::RunRecord& record);
  void tryRequested(const rosa::RunRecord& record);
  void duplicateRequested(const rosa::RunConfig& config, const QString& name);

 protected:
  void showEvent(QShowEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  /// The one run that the buttons act on; of several that are selected, none.
  [[nodiscard]] std::optional<RunRecord> current() const;
  [[nodiscard]] std::vector<RunRecord> selected() const;
  void buildTable();
  void buildFooter();
  void showActions();
  void fitColumns();
  void setHoveredRow(int row);
  void showCount();
  void showSelection();
  void select(const std::filesystem::path& directory);
  /// Marks the selected runs for the comparison, or takes the marks away where all have one.
  void toggleMarks();
  void duplicate();
  void copyCommand();
  /// Continues the run; one that has done all of its steps is asked how many more.
  void goOn();
  void rename(const RunRecord& record, const QString& name);
  void annotate(const std::vector<std::filesystem::path>& runs, const RunNotesChange& change);
  void confirmDelete();
  void deleteRuns(const std::vector<std::filesystem::path>& runs);
  void say(const QString& title, const QString& text);

  Engine& engine_;
  Runs& runs_;
  JobPool& pool_;
  const Theme& theme_;
  Preferences& preferences_;
  std::filesystem::path home_;
  RunsModel* model_;
  RunsFilter* proxy_;
  LatestJob* reading_;
  LatestJob* duplicating_;
  LatestJob* deleting_;
  LatestJob* renaming_;
  LatestJob* extending_;
  QueueCard* queue_;
  QLabel* count_;
  QLineEdit* search_;
  QPushButton* experiments_;
  QPushButton* export_;
  QPushButton* open_;
  QTableView* table_;
  RunsDelegate* delegate_;
  QLabel* empty_;
  NotesBar* notes_;
  CompareArea* comparison_;
  QWidget* footer_;
  ElidedLabel* footerText_ = nullptr;
  QPushButton* try_ = nullptr;
  QPushButton* continue_ = nullptr;
  QPushButton* duplicate_ = nullptr;
  QPushButton* command_ = nullptr;
  QPushButton* rename_ = nullptr;
  QPushButton* openFolder_ = nullptr;
  QPushButton* delete_ = nullptr;
  QString emptyCatalogue_;  ///< what stands in place of an empty table
  bool training_ = false;
};

}  // namespace rosa::ui
