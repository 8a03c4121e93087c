// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "experiment/experiment_folder.h"
#include "experiment/parts.h"
#include "rosa/engine.h"
#include "rosa/experiment.h"

/// Training a model in several ways, as most experiments do.
namespace rosa::experiment {

/// Whether there are methods at all, and each has a name of its own that a file can carry.
[[nodiscard]] Status checkMethods(const std::vector<ExperimentMethod>& methods);

/// `base` under the settings of all runs, and over these those of the method.
[[nodiscard]] Expected<RunConfig> configOf(RunConfig base, const std::vector<std::string>& settings,
                                           const ExperimentMethod& method);

/// Every mistake of a run, one a line, each begun with `what`; empty where there is none.
[[nodiscard]] std::string mistakesOf(Engine& engine, RunConfig config, const std::string& what);

/// A folder's own name, for pages.
[[nodiscard]] std::string modelName(const std::filesystem::path& model);

/// "methods", "settings" and what else config.json says of the runs.
void describeRuns(base::Json& config, const std::filesystem::path& model, const std::vector<ExperimentMethod>& methods,
                  const std::vector<std::string>& settings, std::int64_t threads);

/// The place of a part's run within an experiment's folder: nothing before, nothing after.
class RunPlace {
 public:
  RunPlace(const ExperimentFolder& folder, const std::string& part) : path_(folder.path() / ("run-" + part)) {
    clear();
  }
  RunPlace(const RunPlace&) = delete;
  RunPlace& operator=(const RunPlace&) = delete;
  ~RunPlace() { clear(); }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  void clear() const;

  std::filesystem::path path_;
};

/// " Trained on cuda:0 NVIDIA H100." for pages, with every device that made a result; empty where none is told.
[[nodiscard]] std::string devicesText(const PartResults& results);

/// Trains at that place. The figures of the run: device, trainable, training_rows, loss and metrics of the last
/// evaluation, the same of each by_evaluation, seconds, peak_resident_bytes. Empty where the experiment was stopped
/// meanwhile.
[[nodiscard]] Expected<std::optional<base::Json>> trainRun(Engine& engine, RunConfig config, const RunPlace& place,
                                                           const ExperimentWatch& watch);

}  // namespace rosa::experiment
