// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMainWindow>
#include <filesystem>
#include <vector>

#include "rosa/engine.h"

class QLabel;
class QStackedWidget;

namespace rosa::ui {

class ConfigurePage;
class HistoryPage;
class JobPool;
class LatestJob;
class NavigationRail;
class Preferences;
class RunController;
class RunPage;
class SettingsPage;
class Theme;

/// Where the window finds what it does not own.
struct Places {
  std::filesystem::path home;                     ///< all runs live below it
  std::filesystem::path sampleConfig;             ///< the sample project's YAML; empty = none
  std::vector<std::filesystem::path> modelRoots;  ///< folders below which models are looked for
};

/// The window: four places, one run at a time, and what leads from one place to the next.
///
/// GUI thread only. Engine, pool, theme and preferences must outlive it. Closed while a run trains, it asks, lets the
/// run save, and closes when the run has ended.
class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  enum Place { Configure, Run, History, Settings };

  MainWindow(Engine& engine, JobPool& pool, Theme& theme, Preferences& preferences, Places places,
             QWidget* parent = nullptr);
  ~MainWindow() override;

  void go(Place place);
  [[nodiscard]] Place place() const;

 protected:
  void closeEvent(QCloseEvent* event) override;

 private:
  void buildFrame();
  void buildShortcuts();
  void connectPages();
  void loadFirstConfig();
  void readMachine();
  void showPlace(int index);
  void start(const RunConfig& config);
  void resume(const std::filesystem::path& directory);
  void refused(const QString& sentence);
  void openRun(const RunRecord& record);
  void showTraining();
  void showHelp();
  void say(const QString& title, const QString& text);

  Engine& engine_;
  Theme& theme_;
  Preferences& preferences_;
  Places places_;
  RunController* controller_;
  LatestJob* reading_;
  LatestJob* machine_;
  NavigationRail* rail_;
  QStackedWidget* pages_;
  QStackedWidget* footers_;
  ConfigurePage* configure_;
  RunPage* run_;
  HistoryPage* history_;
  SettingsPage* settings_;
  QLabel* ready_;
  QLabel* machineLine_;
  bool resuming_ = false;  ///< the run that starts was asked for outside Configure
  bool closing_ = false;   ///< to be closed as soon as the run has ended
};

}  // namespace rosa::ui
