// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <mutex>

#include "rosa/run.h"

namespace rosa::train {

/// What others ask of a running loop, read by the run's thread between steps. All members are safe from any thread.
class RunControl {
 public:
  /// What stands to be done now; saving and sampling are handed out once per request.
  struct Wishes {
    bool stop = false;
    StopMode stopMode = StopMode::Save;
    bool paused = false;
    bool save = false;
    bool sample = false;
  };

  void pause();
  void unpause();
  void requestSave();
  void requestSample();
  /// Discard outranks save; a stop cannot be taken back and ends a pause.
  void stop(StopMode mode);

  /// Takes the open wishes without waiting.
  [[nodiscard]] Wishes take();
  /// As take, but while paused blocks until something is asked for.
  [[nodiscard]] Wishes waitAndTake();
  /// For long work inside a step (evaluation, text samples): true once it should be given up.
  [[nodiscard]] bool discarding() const;

 private:
  Wishes takeLocked();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Wishes wishes_;
};

}  // namespace rosa::train
