// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "rosa/command.h"

/// A run in progress. Owned by whoever started it; destroying it stops the run without a save and waits for its thread.
namespace rosa {

enum class StopMode {
  Save,     ///< finish the step, save a checkpoint, end: resumable
  Discard,  ///< end at the next possible moment without saving
};

class Run {
 public:
  virtual ~Run() = default;

  /// Returns at once; honoured at the end of the current step. Safe from any thread.
  virtual void give(const Command& command) = 0;
  void stop(StopMode mode) { give(StopRun{mode == StopMode::Save}); }

  /// Blocks until the run has ended. Afterwards the sink is not called again.
  virtual void wait() = 0;
  [[nodiscard]] virtual bool ended() const = 0;
  /// True when it ended without a RunFailed event.
  [[nodiscard]] virtual bool succeeded() const = 0;
  [[nodiscard]] virtual std::filesystem::path directory() const = 0;
};

}  // namespace rosa
