// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <filesystem>
#include <map>
#include <memory>
#include <vector>

#include "models/runs_comparison.h"
#include "models/runs_model.h"
#include "plots/run_curves.h"
#include "rosa/engine.h"

class QLabel;
class QStackedWidget;

namespace rosa::ui {

class ComparisonPlot;
class ComparisonTable;
class JobPool;
class LatestJob;
class SegmentedControl;
class SweepPlot;
class Switch;
class Theme;

/// Several runs side by side: their curves, how results hang on settings, what differs, and the results in a table.
///
/// GUI thread only; runs are read on a worker. Engine, pool, model and theme must outlive it.
class CompareArea : public QWidget {
  Q_OBJECT

 public:
  CompareArea(Engine& engine, JobPool& pool, const RunsModel& model, const Theme& theme, QWidget* parent = nullptr);

  /// Hidden while there is none.
  void setRuns(const std::vector<RunRecord>& records);

 Q_SIGNALS:
  /// A person pointed out one of the runs.
  void picked(const std::filesystem::path& directory);

 private:
  using Curves = std::shared_ptr<const RunCurves>;
  /// What was read of a run, as long as it trains no further.
  struct Read {
    std::int64_t step = -1;
    double elapsedSeconds = 0;
    Curves curves;
  };

  [[nodiscard]] QWidget* makePictures();
  [[nodiscard]] QWidget* makeTables();
  void showRuns();
  void pick(int group);

  Engine& engine_;
  const RunsModel& model_;
  LatestJob* reading_;
  SegmentedControl* picture_;
  Switch* seedsTogether_;
  QStackedWidget* pictures_ = nullptr;
  QStackedWidget* controls_ = nullptr;
  ComparisonPlot* curves_;
  SweepPlot* parallel_;
  SweepPlot* scatter_;
  SegmentedControl* table_;
  QLabel* title_;
  QStackedWidget* tables_;
  QWidget* seeds_ = nullptr;  ///< the switch with its word, where there are seeds to put together
  ComparisonTable* differences_;
  ComparisonTable* results_;
  std::vector<ComparedRun> runs_;
  std::vector<ComparedGroup> groups_;
  std::map<std::filesystem::path, Read> read_;
};

}  // namespace rosa::ui
