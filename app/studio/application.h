// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QApplication>
#include <memory>

#include "jobs/job_pool.h"
#include "rosa/engine.h"
#include "rosa/runs.h"
#include "settings/preferences.h"
#include "settings/theme.h"
#include "studio/signal_watch.h"
#include "window/main_window.h"

/// Everything the window program is made of. Members are destroyed from the last to the first: the window goes before
/// the workers, the workers before the engine they call.
namespace rosa::studio {

class Application {
 public:
  explicit Application(QApplication& application);

  void show() { window_.show(); }

 private:
  ui::Preferences preferences_;
  ui::Theme theme_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Runs> runs_;
  ui::JobPool pool_;
  ui::MainWindow window_;
  SignalWatch signals_;  ///< before the window goes, so that none reaches it
};

}  // namespace rosa::studio
