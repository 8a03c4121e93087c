// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/run_control.h"

namespace rosa::train {

void RunControl::pause() {
  const std::lock_guard lock(mutex_);
  wishes_.paused = !wishes_.stop;
  changed_.notify_all();
}

void RunControl::unpause() {
  const std::lock_guard lock(mutex_);
  wishes_.paused = false;
  changed_.notify_all();
}

void RunControl::requestSave() {
  const std::lock_guard lock(mutex_);
  wishes_.save = true;
  changed_.notify_all();
}

void RunControl::requestSample() {
  const std::lock_guard lock(mutex_);
  wishes_.sample = true;
  changed_.notify_all();
}

void RunControl::stop(StopMode mode) {
  const std::lock_guard lock(mutex_);
  if (!wishes_.stop || mode == StopMode::Discard) wishes_.stopMode = mode;
  wishes_.stop = true;
  wishes_.paused = false;
  changed_.notify_all();
}

RunControl::Wishes RunControl::takeLocked() {
  const Wishes taken = wishes_;
  wishes_.save = false;
  wishes_.sample = false;
  return taken;
}

RunControl::Wishes RunControl::take() {
  const std::lock_guard lock(mutex_);
  return takeLocked();
}

RunControl::Wishes RunControl::waitAndTake() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !wishes_.paused || wishes_.stop || wishes_.save || wishes_.sample; });
  return takeLocked();
}

bool RunControl::discarding() const {
  const std::lock_guard lock(mutex_);
  return wishes_.stop && wishes_.stopMode == StopMode::Discard;
}

}  // namespace rosa::train
