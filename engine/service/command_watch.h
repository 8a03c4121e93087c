// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "store/command_log.h"
#include "store/run_folder.h"
#include "train/run_control.h"

namespace rosa::service {

/// Hands the commands that others write into a run's folder to its control, on a thread of its own, so that they are
/// heard while the run is paused, evaluates, or opens its model. Looks 20 times a second, at a size.
class CommandWatch {
 public:
  /// Commands from `offset` bytes on. The control must outlive the watch.
  CommandWatch(const store::RunFolder& folder, std::int64_t offset, train::RunControl& control);
  ~CommandWatch();
  CommandWatch(const CommandWatch&) = delete;
  CommandWatch& operator=(const CommandWatch&) = delete;

 private:
  void work();

  store::CommandTail tail_;
  train::RunControl& control_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace rosa::service
