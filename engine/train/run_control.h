// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "rosa/command.h"
#include "rosa/run.h"

namespace rosa::train {

/// What others ask of a running loop, read by the run's thread between steps. All members are safe from any thread.
class RunControl {
 public:
  /// What stands to be done now. Each command is handed out once, in the order they came; pause and stop are among them
  /// and stand below besides.
  struct Wishes {
    bool stop = false;
    StopMode stopMode = StopMode::Save;
    bool paused = false;
    std::vector<Command> commands;
    std::vector<std::string> warnings;  ///< about what was asked for and is no command
  };

  /// A stop cannot be taken back and ends a pause; one without a save outranks one with.
  void give(const Command& command);

  void warn(std::string sentence);

  // The same in one word.
  void pause() { give(PauseRun{}); }
  void unpause() { give(UnpauseRun{}); }
  void stop(StopMode mode) { give(StopRun{mode == StopMode::Save}); }

  /// Takes the open wishes without waiting.
  [[nodiscard]] Wishes take();
  /// As take, but while paused blocks until something is asked for, or for so long.
  [[nodiscard]] Wishes waitAndTake(std::chrono::seconds longest = std::chrono::hours(24));
  /// For long work inside a step (evaluation, text samples): true once it should be given up.
  [[nodiscard]] bool discarding() const;
  /// For opening, when there is nothing yet to save: true once a stop of either kind was asked for.
  [[nodiscard]] bool stopping() const;

 private:
  Wishes takeLocked();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Wishes wishes_;
};

}  // namespace rosa::train
