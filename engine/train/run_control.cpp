// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/run_control.h"

#include <utility>
#include <variant>

namespace rosa::train {

void RunControl::give(const Command& command) {
  const std::lock_guard lock(mutex_);
  if (std::holds_alternative<PauseRun>(command)) wishes_.paused = !wishes_.stop;
  if (std::holds_alternative<UnpauseRun>(command)) wishes_.paused = false;
  if (const auto* stop = std::get_if<StopRun>(&command)) {
    if (!wishes_.stop || !stop->save) wishes_.stopMode = stop->save ? StopMode::Save : StopMode::Discard;
    wishes_.stop = true;
    wishes_.paused = false;
  }
  wishes_.commands.push_back(command);
  changed_.notify_all();
}

void RunControl::warn(std::string sentence) {
  const std::lock_guard lock(mutex_);
  wishes_.warnings.push_back(std::move(sentence));
}

RunControl::Wishes RunControl::takeLocked() {
  Wishes taken = wishes_;
  wishes_.commands.clear();
  wishes_.warnings.clear();
  return taken;
}

RunControl::Wishes RunControl::take() {
  const std::lock_guard lock(mutex_);
  return takeLocked();
}

RunControl::Wishes RunControl::waitAndTake(std::chrono::seconds longest) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, longest, [this] { return !wishes_.paused || wishes_.stop || !wishes_.commands.empty(); });
  return takeLocked();
}

bool RunControl::discarding() const {
  const std::lock_guard lock(mutex_);
  return wishes_.stop && wishes_.stopMode == StopMode::Discard;
}

bool RunControl::stopping() const {
  const std::lock_guard lock(mutex_);
  return wishes_.stop;
}

}  // namespace rosa::train
