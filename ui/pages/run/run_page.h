// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <filesystem>
#include <memory>
#include <vector>

#include "bridge/run_controller.h"
#include "plots/run_plots.h"
#include "rosa/engine.h"

class QLabel;
class QPushButton;
class QStackedLayout;

namespace rosa::ui {

class DirectionMap;
class ElidedLabel;
class IconLabel;
class JournalCard;
class MetricStrip;
class Pill;
class ResampleList;
class RunFooter;
class Theme;
struct RunState;

/// The run that trains, as it draws itself, or a run of the past as its folder tells it.
///
/// GUI thread only. Controller and theme must outlive the page.
class RunPage : public QWidget {
  Q_OBJECT

 public:
  RunPage(RunController& controller, const Theme& theme, QWidget* parent = nullptr);
  ~RunPage() override;

  /// Shows a run of the past. A run that trains goes on unseen; `showLive` goes back to it.
  void showStored(const RunRecord& record, const std::vector<Event>& events);
  void showLive();
  /// How many runs the catalogue has: what an empty page says.
  void setKnownRuns(int count);

  /// The run on show; empty without one.
  [[nodiscard]] std::filesystem::path directory() const;
  /// Of the run that was followed last, whatever is on show: its name, and how it ended ("done after 5m 50s").
  [[nodiscard]] QString liveTitle() const;
  [[nodiscard]] QString liveOutcome() const;
  /// What stands in the window's footer while this page is shown.
  [[nodiscard]] QWidget* footer() const;

 public Q_SLOTS:
  /// Pauses or goes on, whichever is possible.
  void togglePause();
  /// Asks whether to save, then stops.
  void askStop();

 Q_SIGNALS:
  void exportRequested(const rosa::RunRecord& record);
  void continueRequested(const std::filesystem::path& directory);
  void configureRequested();
  /// The run's figures are to be written to a file.
  void figuresWanted(const std::filesystem::path& directory, const QString& file);
  void failed(const QString& title, const QString& sentence);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  [[nodiscard]] QWidget* makeHeader();
  [[nodiscard]] QWidget* makeEmpty();
  void beginLive(bool again);
  void take(const std::vector<Event>& events);
  void display(std::shared_ptr<RunState> state);
  void refresh();
  void refreshActions();
  void highlight(qint64 cycle);
  void savePicture(RunPlots::PictureForm form);
  void saveFigures();
  /// Asks for a file; empty when nobody wants one.
  [[nodiscard]] QString chooseFile(const QString& title, const QString& ending);
  [[nodiscard]] bool showsLive() const { return shown_ != nullptr && shown_ == live_; }
  [[nodiscard]] bool showsTraining() const { return showsLive() && controller_.active(); }

  RunController& controller_;
  const Theme& theme_;
  std::shared_ptr<RunState> live_;   ///< of the run the controller started last
  std::shared_ptr<RunState> shown_;  ///< null: nothing to show yet
  RunRecord record_;                 ///< of a stored run

  QStackedLayout* pages_;
  ElidedLabel* title_;
  Pill* status_;
  QLabel* phase_;
  QLabel* emptyTitle_;
  QLabel* emptyText_;
  QPushButton* pause_;
  QPushButton* save_;
  QPushButton* sample_;
  QPushButton* stop_;
  QPushButton* back_;
  QPushButton* continue_;
  QPushButton* export_;
  QWidget* failure_;
  QLabel* failureText_;
  MetricStrip* strip_;
  RunPlots* plots_;
  ResampleList* resamples_;
  DirectionMap* directions_;
  JournalCard* journal_;
  RunFooter* footer_;
};

}  // namespace rosa::ui
