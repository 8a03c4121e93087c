// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "rosa/config.h"
#include "rosa/expected.h"
#include "rosa/experiment.h"

/// The measurements of the cost experiment, each on a model of its own that is gone afterwards. The experiment repeats
/// them in turns, so that what else the machine does falls on all of them.
namespace rosa::experiment {

/// The smaller side of the model's narrowest linear layer: the largest rank that fits everywhere. An error where there
/// is no such model, or none that makes texts of `length` tokens.
[[nodiscard]] Expected<std::int64_t> largestCostRank(const CostRequest& request);

/// Steps on random texts. `settings` are KEY=VALUE of a run's configuration. Gives form, trainable, resample_seconds
/// (of all layers at once; 0 where nothing is drawn), step_seconds and tokens of a step; and bytes: those of live
/// tensors by use, activations as the highest total of a step beyond the others, and process_peak, the highest resident
/// memory meanwhile (0 where the system does not tell it).
[[nodiscard]] Expected<base::Json> measureTraining(const CostRequest& request,
                                                   const std::vector<std::string>& settings);

/// Seconds without autograd, `token_seconds` of one text's next tokens, `batch_token_seconds` of a next token of all
/// texts of a batch at once, `prompt_seconds` of reading the whole batch; each after a prompt of `length` tokens.
[[nodiscard]] Expected<base::Json> measureInference(const CostRequest& request,
                                                    const std::vector<std::string>& settings);

/// Seconds of each of several resamples of one ROSA layer on one thread, as a run gives each layer one.
[[nodiscard]] base::Json measureResample(const CostShape& shape, Basis basis, std::int64_t rank);

}  // namespace rosa::experiment
