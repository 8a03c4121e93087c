// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/command_watch.h"

#include <chrono>
#include <utility>

namespace rosa::service {

CommandWatch::CommandWatch(const store::RunFolder& folder, std::int64_t offset, train::RunControl& control)
    : tail_(folder, offset), control_(control), thread_([this] { work(); }) {}

CommandWatch::~CommandWatch() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void CommandWatch::work() {
  constexpr auto kPause = std::chrono::milliseconds(50);
  std::unique_lock lock(mutex_);
  while (!ended_) {
    // A file that cannot be read now may be readable the next time; the run goes on without.
    if (auto news = tail_.read()) {
      for (auto& mistake : news->mistakes) control_.warn(std::move(mistake));
      for (const auto& command : news->commands) control_.give(command);
    }
    changed_.wait_for(lock, kPause, [this] { return ended_; });
  }
}

}  // namespace rosa::service
