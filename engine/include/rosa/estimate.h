// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "rosa/config.h"
#include "rosa/events.h"

/// What a configuration will do before it does it.
namespace rosa {

/// One line of the readiness card.
struct ReadinessCheck {
  enum class State { Good, Warning, Missing };
  std::string subject;  ///< "Model", "Data", "Method", "Disk", "Memory", "Speed"
  State state = State::Good;
  std::string text;  ///< "Llama, supported"; or the problem and its way out
};

struct LayerPlan {
  std::string name;
  std::int64_t inFeatures = 0, outFeatures = 0;
  std::int64_t rank = 0;
  bool dense = false;  ///< the rank equals the smaller side: W itself trains
};

/// What a setting usually is for such a model, method and machine.
struct UsualSetting {
  std::string key;
  std::string value;   ///< as `configFieldText` gives it
  std::string source;  ///< where it is from, in a few words
  friend bool operator==(const UsualSetting&, const UsualSetting&) = default;
};

struct RunPlan {
  std::vector<ConfigProblem> problems;  ///< empty = can start
  std::vector<ReadinessCheck> checks;
  std::vector<LayerPlan> layers;  ///< the adapted ones
  std::int64_t totalParameters = 0;
  std::int64_t trainableParameters = 0;
  std::int64_t dataRows = 0;  ///< of the training file within max-rows, those included that are left out or held out
  std::int64_t trainRows = 0, validationRows = 0;    ///< examples, as RunStarted counts them
  std::int64_t medianTokens = 0, longestTokens = 0;  ///< of the training file's examples after mapping
  std::int64_t truncatedExamples = 0;                ///< of the training file's, cut to max-length
  std::int64_t droppedExamples = 0;  ///< rows of the training file left out: cut, they hold nothing to predict
  std::int64_t truncatedValidation = 0, droppedValidation = 0;  ///< the same of a validation file of its own
  /// All of these counts, and the steps that follow, were reckoned from a part of a large file: texts say "about".
  bool estimated = false;
  std::vector<std::string> remarks;  ///< sentences that a user should read before the start
  std::vector<UsualSetting> usual;   ///< learning rate, batch and length; empty while the model is not known
  std::int64_t stepsPerEpoch = 0, totalSteps = 0;
  std::int64_t resampleEverySteps = 0;
  std::int64_t expectedResamples = 0;  ///< beyond the first draw
  double expectedCoverage = 0;         ///< expected share of all directions trained at the end, 0..1
  MemoryParts memory;                  ///< estimated peak
  std::int64_t memoryLimitBytes = 0;
  std::int64_t diskBytes = 0, diskFreeBytes = 0;
  double estimatedSeconds = 0;         ///< 0 = unknown
  std::filesystem::path runDirectory;  ///< where it would go
};

/// One JSON object without a line break, as `rosa plan --json` prints it.
[[nodiscard]] std::string toJson(const RunPlan& plan);
[[nodiscard]] Expected<RunPlan> planFromJson(std::string_view line);

}  // namespace rosa
