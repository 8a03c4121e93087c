// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "experiment/experiment_folder.h"
#include "rosa/expected.h"
#include "rosa/experiment.h"

/// The tables and plots of the cost experiment.
namespace rosa::experiment {

/// What was measured in one way, as experiment/cost_measure.h gives it.
struct CostRow {
  std::string name;       ///< the method, or the basis of a resample
  std::int64_t rank = 0;  ///< 0 where the name says it all
  std::string shape;      ///< of a resampled layer
  std::vector<base::Json> rounds;
};

struct CostRows {
  std::vector<CostRow> training;   ///< "full", to which the others are compared, first
  std::vector<CostRow> inference;  ///< "merged" first
  std::vector<CostRow> resamples;  ///< shape by shape, the same bases for each
};

/// Writes README.md, training.csv, inference.csv, resample.csv, memory.svg and step.svg. Rows without a round are left
/// out.
[[nodiscard]] Status writeCostPage(const ExperimentFolder& folder, const CostRequest& request, const CostRows& rows);

}  // namespace rosa::experiment
