// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QThreadPool>
#include <functional>

/// Threads for the engine calls that block while they read or compute.
///
/// One object, made by main before the window and destroyed after it; its destructor drops what waits and waits for
/// what runs, so it must go before the engine does.
namespace rosa::ui {

class JobPool {
 public:
  JobPool();
  ~JobPool();
  JobPool(const JobPool&) = delete;
  JobPool& operator=(const JobPool&) = delete;

  /// Runs `work` on a worker, then what it returned on the GUI thread. GUI thread only. Of work that throws nothing
  /// comes back.
  void run(std::function<std::function<void()>()> work);

 private:
  QObject guiThread_;  ///< results are posted to it; lives as long as any worker
  QThreadPool threads_;
};

}  // namespace rosa::ui
