// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "experiment/experiment_folder.h"
#include "rosa/experiment.h"

namespace rosa::experiment {

/// The finished parts of an experiment by name, as its folder's raw/ holds them.
using PartResults = std::map<std::string, base::Json>;

/// A figure of a result; NaN where it holds none (JSON knows no NaN).
[[nodiscard]] double figureOf(const base::Json& result, const std::string& key);

struct PartMaker {
  /// The result of the named part with this index; empty where the experiment was stopped meanwhile.
  std::function<Expected<std::optional<base::Json>>(std::size_t part)> make;
  /// Writes tables and plots; after each part, and once where nothing is missing.
  std::function<Status(const PartResults& results)> writePage;
};

/// Makes the parts that the folder does not hold yet, in their order, and stores each as it is done. Parts that another
/// process is making are left to it.
[[nodiscard]] Expected<ExperimentReport> makeParts(const ExperimentFolder& folder, const ExperimentWatch& watch,
                                                   const std::vector<std::string>& names, const PartMaker& maker);

}  // namespace rosa::experiment
