// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rosa/events.h"

/// The runs on this machine, as lists show them. The run folders are the truth, the catalogue is an index over them.
namespace rosa {

/// What a person says about a run beside its name.
struct RunNotes {
  std::vector<std::string> tags;  ///< each once, in the order in which they were given
  std::string note;
};

/// What is not given stays as it is.
struct RunNotesChange {
  std::optional<std::vector<std::string>> tags = std::nullopt;  ///< in place of those that there are
  std::vector<std::string> addedTags = {}, removedTags = {};
  std::optional<std::string> note = std::nullopt;
};

/// What a record has in place of a task where it is an experiment of the paper, which waits, runs and is found as runs
/// are. Its steps are the parts that it is made of.
inline constexpr const char* kExperimentTask = "experiment";

struct RunRecord {
  std::filesystem::path directory;
  std::string host;  ///< the other machine that it lies on; empty for this one
  std::string name;
  std::string model;  ///< last part of the path
  std::string data;
  std::string task, method;
  std::string rank;  ///< as configured; empty for full
  /// "queued", "running", "completed", "stopped", "failed", "interrupted" (no process, no end). Of a run on another
  /// machine as far as it was followed: "running" until its end was told.
  std::string status;
  std::string message;    ///< of a failed run; of an interrupted one, where that is known, how its process ended
  std::string startedAt;  ///< ISO 8601 UTC
  std::int64_t seed = 0;
  std::int64_t step = 0, totalSteps = 0;
  std::int64_t trainableParameters = 0;
  std::int64_t resamples = 0;
  double learningRate = 0;
  double lastLoss = 0;
  NamedValues metrics;  ///< of the last evaluation, "loss" first
  double elapsedSeconds = 0;
  std::int64_t peakResidentBytes = 0;
  std::vector<float> sparkline;  ///< at most 64 losses, evenly spaced
  bool resumable = false;        ///< a verified checkpoint exists
  std::string lastExport;        ///< folder
  double exportDifference = -1;  ///< of the last export's check; negative = none
  std::int64_t diskBytes = 0;    ///< of all files in the folder, when the run last wrote something
  RunNotes notes;

  [[nodiscard]] bool isExperiment() const { return task == kExperimentTask; }
  /// What is known here of a run elsewhere can be deleted at any time.
  [[nodiscard]] bool trainsHere() const { return status == "running" && host.empty(); }
};

}  // namespace rosa
