// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "rosa/config.h"
#include "rosa/expected.h"

/// The paper's synthetic experiment: a network learns the map of another one of the same shape whose matrices differ by
/// a change of low rank. Used by one thread.
namespace rosa::experiment {

/// Defaults are the reference code's (conf_synthetic.yaml).
struct SyntheticSettings {
  std::int64_t layers = 1;  ///< 1 = linear; more have ReLU between them
  std::int64_t in = 512;
  std::int64_t hidden = 64;
  std::int64_t out = 32;
  std::int64_t trueRank = 24;
  std::int64_t trainRows = 5000;
  std::int64_t validRows = 1000;
  std::int64_t epochs = 200;
  std::int64_t batch = 64;
  double learningRate = 1e-3;  ///< AdamW, torch's defaults otherwise, no schedule
  double weightDecay = 0.01;
  std::int64_t resampleEvery = 8;  ///< epochs
  std::int64_t resampleAfter = 4;  ///< no resample up to this epoch
  std::uint64_t seed = 42;
};

/// Where training starts, and what is to be learnt.
struct SyntheticTask {
  std::vector<at::Tensor> weights;  ///< [in, out] of every layer
  at::Tensor trainInputs, trainTargets;
  at::Tensor validInputs, validTargets;
};

/// Matrices as torch's Linear starts them; targets of the same matrices plus P·Q, both normal, of the true rank.
[[nodiscard]] SyntheticTask drawTask(const SyntheticSettings& settings);
/// Normal inputs, and what the network of `truth` makes of them.
[[nodiscard]] SyntheticTask taskOf(std::vector<at::Tensor> start, const std::vector<at::Tensor>& truth,
                                   const SyntheticSettings& settings);

/// Mean square error of the best change of this rank to a linear map for normal inputs: no LoRA of the rank can do
/// better.
[[nodiscard]] double bestOfRank(const at::Tensor& start, const at::Tensor& truth, std::int64_t rank);

struct SyntheticMethod {
  Method method = Method::Rosa;
  std::int64_t rank = 8;  ///< not of Full
};
[[nodiscard]] std::string nameOf(const SyntheticMethod& method);

struct SyntheticCurve {
  std::vector<double> validation;  ///< error after the first step of each epoch, as the reference code records it
  std::vector<std::int64_t> resampledAt;
  double finalValidation = 0;  ///< after the last step
  std::int64_t trainable = 0;
  double seconds = 0;
};

/// Trains one network on the task. Gives up between epochs where `giveUp` says so, with an error.
[[nodiscard]] Expected<SyntheticCurve> learn(const SyntheticTask& task, const SyntheticSettings& settings,
                                             const SyntheticMethod& method, const std::function<bool()>& giveUp = {});

}  // namespace rosa::experiment
