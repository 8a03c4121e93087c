// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>
#include <vector>

#include "rosa/engine.h"
#include "settings/theme.h"

class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;

namespace rosa::ui {

class ElidedLabel;
class JobPool;
class LatestJob;
class LengthHistogram;
class TokenFlow;
class TokenLegend;

/// The rows of the training data token by token, as a run of the settings would train on them, each beside its text.
///
/// Asks the engine only while it is in sight, on a worker; a newer question replaces an older one. GUI thread only.
class TokenView : public QWidget {
  Q_OBJECT

 public:
  TokenView(Engine& engine, JobPool& pool, const Theme& theme, QWidget* parent = nullptr);

  /// The settings that are on the page. The same row stays in sight while model and data stay the same.
  void setConfig(const RunConfig& config);

 public Q_SLOTS:
  void showNext();
  void showPrevious();

 protected:
  void showEvent(QShowEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  enum class Land { Here, First, Last };

  void ask(std::int64_t first, Land land);
  void take(Expected<DataPreview> preview, std::int64_t first, Land land);
  void showRow();
  void showMessage(const QString& sentence, bool problem);
  void showPlace();
  void search();
  /// To the next row with what is searched, or the one before; round from the last to the first.
  void goToHit(int direction);
  void showHits();
  [[nodiscard]] bool holds(std::size_t row, const QString& wanted) const;

  Engine& engine_;
  const Theme& theme_;
  LatestJob* asking_;
  QTimer delay_;
  QPushButton* previous_;
  QPushButton* next_;
  QLabel* place_;
  TokenLegend* legend_;
  LengthHistogram* lengths_;
  QLineEdit* search_;
  QWidget* panes_;
  TokenFlow* flow_;
  QPlainTextEdit* text_;
  QLabel* message_;
  ElidedLabel* remarks_;
  QLabel* found_;

  RunConfig config_;  ///< with what a preview reads, and nothing else
  bool due_ = false;  ///< the rows are not those of `config_`
  std::vector<PreviewRow> rows_;
  std::int64_t first_ = 0;  ///< the number of rows_[0] in the data
  std::size_t at_ = 0;      ///< the row in sight
  bool atEnd_ = false;      ///< no row comes after those that are here
};

}  // namespace rosa::ui
