// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMainWindow>
#include <filesystem>
#include <vector>

#include "rosa/engine.h"
#include "rosa/runs.h"

class QLabel;
class QStackedWidget;

namespace rosa::ui {

class ConfigurePage;
class HistoryPage;
class JobPool;
class LatestJob;
class NavigationRail;
class Preferences;
class RecoveryBar;
class RunController;
class RunPage;
class SettingsPage;
class Theme;
class TryPage;

/// Where the window finds what it does not own.
struct Places {
  std::filesystem::path home;                     ///< all runs live below it
  bool homeIsFixed = false;                       ///< by the environment, so that it cannot be chosen
  std::filesystem::path sampleConfig;             ///< the sample project's YAML; empty = none
  std::vector<std::filesystem::path> modelRoots;  ///< folders below which models are looked for
};

/// The window: five places, one run on show at a time, and what leads from one place to the next.
///
/// GUI thread only. Engine, runs, pool, theme and preferences must outlive it. Closed while a run is training, it asks
/// whether that goes on without it. At its start it follows a run that goes on, else shows the last one, offers to
/// continue one that was interrupted, and lets the queue go on.
class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  enum Place { Configure, Run, History, Try, Settings };

  MainWindow(Engine& engine, Runs& runs, JobPool& pool, Theme& theme, Preferences& preferences, Places places,
             QWidget* parent = nullptr);
  ~MainWindow() override;

  void go(Place place);
  [[nodiscard]] Place place() const;

 public Q_SLOTS:
  /// Ends without a question, as a signal asks for: a run that is training goes on, the window closes and `readyToQuit`
  /// is emitted.
  void quit();

 Q_SIGNALS:
  void readyToQuit();
  /// The run that was followed: its name, and how it ended, in a few words.
  void runEnded(const QString& name, const QString& outcome);

 protected:
  void closeEvent(QCloseEvent* event) override;

 private:
  void buildFrame();
  void buildShortcuts();
  void connectPages();
  void loadFirstConfig();
  void readMachine();
  /// Looks for the last run, to show it and to tell of one that was interrupted.
  void recallLastRun();
  void showPlace(int index);
  void start(const RunConfig& config, const QString& host);
  /// Puts runs into the queue, and follows the first.
  void startAll(const std::vector<RunConfig>& configs, const QString& host);
  void setAtOnce(AtOnce atOnce);
  void resume(const std::filesystem::path& directory, const QString& acceptedChanges = {});
  void askAboutChangedData(const std::filesystem::path& directory, const QString& changes);
  void fitToScreen();
  /// Follows a run that goes on, if there is one and nothing is followed.
  void followWhatRuns();
  void stopAndClose(StopMode mode);
  void refused(const QString& sentence);
  void openRun(const RunRecord& record);
  void showTraining();
  void showHelp();
  void say(const QString& title, const QString& text);

  Engine& engine_;
  Runs& runs_;
  JobPool& pool_;
  Theme& theme_;
  Preferences& preferences_;
  Places places_;
  RunController* controller_;
  LatestJob* reading_;
  LatestJob* machine_;
  LatestJob* recalling_;
  LatestJob* following_;
  NavigationRail* rail_;
  QStackedWidget* pages_;
  QStackedWidget* footers_;
  ConfigurePage* configure_;
  RunPage* run_;
  HistoryPage* history_;
  TryPage* try_;
  SettingsPage* settings_;
  RecoveryBar* recovery_;
  QLabel* ready_;
  QLabel* machineLine_;
  bool resuming_ = false;  ///< the run that starts was asked for outside Configure
  AtOnce atOnce_ = AtOnce::One;
  bool looking_ = false;  ///< the run that is attached to begins to show by itself
  bool closing_ = false;  ///< without another question
};

}  // namespace rosa::ui
