// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <memory>
#include <vector>

#include "rosa/engine.h"
#include "rosa/sweep.h"

class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QVBoxLayout;

namespace rosa::ui {

class ComboBox;
class Field;
class JobPool;
class LatestJob;
class SegmentedControl;

/// Puts several runs of the present settings into the queue: the methods side by side as it opens, or any settings'
/// values in every combination or drawn at random. Shows beforehand which runs these are and what is wrong with any.
///
/// GUI thread only; plans are made on a worker. Engine and pool must outlive the dialog.
class SweepDialog : public QDialog {
  Q_OBJECT

 public:
  SweepDialog(Engine& engine, JobPool& pool, const RunConfig& base, QWidget* parent = nullptr);
  ~SweepDialog() override;

  /// What is to be put into the queue after the dialog was accepted.
  [[nodiscard]] const std::vector<RunConfig>& chosen() const { return chosen_; }

 private:
  struct Row;
  /// What the plans of the runs found.
  struct Outlook {
    std::int64_t steps = 0;
    double seconds = 0;
    std::vector<std::string> problems;  ///< a line for each run that cannot start
  };

  void addRow(const QString& key, const QString& values);
  void removeRow(Row* row);
  void rebuild();
  void showRuns(const Expected<std::vector<SweptRun>>& runs);
  void showOutlook(const Outlook& outlook);
  [[nodiscard]] Expected<std::vector<SweptRun>> runs() const;

  Engine& engine_;
  RunConfig base_;
  LatestJob* planning_;
  std::vector<std::unique_ptr<Row>> rows_;
  QVBoxLayout* rowsColumn_;
  SegmentedControl* way_;
  QLineEdit* draws_;
  Field* drawsField_;
  QLineEdit* seed_;
  Field* seedField_;
  QPlainTextEdit* list_;
  QLabel* summary_;
  QPushButton* start_;
  std::vector<RunConfig> wanted_;
  std::vector<RunConfig> chosen_;
};

}  // namespace rosa::ui
