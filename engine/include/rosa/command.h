// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "rosa/expected.h"

/// What a run can be asked for while it goes on.
///
/// Commands reach a run as lines of commands.jsonl in its folder, one JSON object each, whose key "command" is the name
/// below; whoever may write to the folder may send one. A run carries them out between steps, also while it is paused,
/// and tells each as a CommandReceived event.
namespace rosa {

struct PauseRun {};    ///< "pause": keeps the weights in memory
struct UnpauseRun {};  ///< "unpause"
struct SaveRun {};     ///< "save": a checkpoint
struct SampleRun {     ///< "sample"
  std::string prompt;  ///< empty = the run's own prompts
};
struct EvaluateRun {};  ///< "evaluate": on the validation rows
struct ResampleRun {};  ///< "resample": new slices for every layer, beside those of the schedule
/// "set_learning_rate": the peak that the schedule's curve has from now on; kept over a resume.
struct SetLearningRate {
  double learningRate = 0;
};
/// "stop": with a save at the end of the step, or without one at the next possible moment. While the model and the data
/// are still being read, either ends the run at once.
struct StopRun {
  bool save = true;
};

using Command =
    std::variant<PauseRun, UnpauseRun, SaveRun, SampleRun, EvaluateRun, ResampleRun, SetLearningRate, StopRun>;

/// One JSON object without a line break.
[[nodiscard]] std::string toJson(const Command& command);
/// Reads what `toJson` wrote; unknown keys are ignored, an unknown command is an error.
[[nodiscard]] Expected<Command> commandFromJson(std::string_view line);

[[nodiscard]] std::string_view commandName(const Command& command);
/// The prompt, the rate, "save" or "discard"; empty for commands without one.
[[nodiscard]] std::string commandArgument(const Command& command);

}  // namespace rosa
