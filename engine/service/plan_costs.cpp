// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/plan_costs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "config/resolve.h"
#include "data/batch_plan.h"
#include "data/dataset.h"
#include "data/order.h"
#include "optim/optimizer.h"
#include "rosa/method_traits.h"
#include "service/run_place.h"
#include "train/epoch_steps.h"
#include "train/memory_fit.h"

namespace rosa::service {

RunCosts::RunCosts(const RunConfig& config, const model::ModelConfig& modelConfig, const model::BuildOptions& options,
                   const model::Model& model, const DataFacts& data, std::int64_t longestTokens,
                   const TrainedParameters& trained)
    : config_(config),
      modelConfig_(modelConfig),
      options_(options),
      model_(model),
      data_(data),
      trained_(trained),
      counts_(countSteps()) {
  const auto coverageBytes = train::coverageBytes(config_, trained_.layers, train::mostDraws(counts_));
  fitMemory(longestTokens, train::resampleBytes(config_, trained_.layers) + coverageBytes);
  std::int64_t adapted = 0;
  for (const auto& layer : trained_.layers) adapted += layer.inFeatures * layer.outFeatures;
  checkpointBytes_ = estimateCheckpointBytes(adapted, trained_.count) + averageBytes() +
                     train::storedResampleBytes(config_, trained_.layers) + coverageBytes;
}

double RunCosts::expectedCoverage() const {
  if (config_.method != Method::Rosa || trained_.layers.empty()) return 0;
  const auto resamples = train::expectedResamples(counts_);
  double coverage = 0;
  for (const auto& layer : trained_.layers) {
    coverage += train::expectedCoverage(layer.rank, std::min(layer.inFeatures, layer.outFeatures), resamples);
  }
  return coverage / static_cast<double>(trained_.layers.size());
}

/// As the run counts: where tokens fill the batches, from the lengths of its examples in the orders of its epochs.
train::Counts RunCosts::countSteps() const {
  if (config_.batchTokens <= 0 || data_.train.lengths.empty()) return train::countSteps(config_, data_.trainRows);
  auto lengths = data_.train.lengths;
  if (!data_.estimated && std::ssize(lengths) > data_.trainRows) {
    constexpr std::int32_t kHeld = -1;
    for (const auto row : data::heldOutRows(std::ssize(lengths), config_.validationSplit, config_.seed)) {
      lengths[static_cast<std::size_t>(row)] = kHeld;
    }
    std::erase(lengths, kHeld);
  }
  const auto known = std::ssize(lengths);
  data::BatchOptions options;
  options.shuffle = config_.shuffle;
  options.seed = config_.seed;
  options.tokens = config_.batchTokens;
  options.tokensBefore = config::virtualTokens(config_);
  const data::BatchPlan batches(std::move(lengths), options);
  const train::EpochSteps steps(batches, config_.accumulate);
  if (known == data_.trainRows) return train::countSteps(config_, steps);
  const double scale = static_cast<double>(data_.trainRows) / static_cast<double>(known);
  const double perEpoch = std::ceil(static_cast<double>(batches.batches(0)) * scale /
                                    static_cast<double>(std::max<std::int64_t>(1, config_.accumulate)));
  return train::countEvenSteps(config_, static_cast<std::int64_t>(perEpoch));
}

void RunCosts::fitMemory(std::int64_t longestTokens, std::int64_t resampleBytes) {
  train::MemoryFacts facts;
  facts.weightBytes = model::storedBytes(model_);
  facts.trainableParameters = trained_.count;
  facts.momentBytes = optim::momentBytes(config_, trained_.shapes);
  facts.ownParameters = trained_.beside();
  facts.keptPerToken = trained_.keptPerToken;
  facts.averageBytes = averageBytes();
  facts.resampleBytes = resampleBytes;
  facts.halfTable = options_.weights != at::kFloat;
  if (config_.task == Task::MaskedLanguageModelling) facts.predicted = config_.maskRate;
  facts.longestTokens = longestTokens + config::virtualTokens(config_);
  const auto estimate = [&](std::int64_t batch, bool recomputes) {
    facts.tokensPerBatch = train::tokensOfBatch(config_, batch, facts.longestTokens);
    facts.recomputes = recomputes;
    return train::estimateMemory(model_.config(), facts);
  };
  const auto fit = train::fitMemory(config_, estimate);
  leastBytes_ = estimate(1, true).totalBytes();
  leastFacts_ = facts;
  if (!fit) {
    auto error = fit.error();
    if (const auto narrow = narrowerFit(config_.memory->bytes)) {
      error.message += fmt::format(" With --weights {} it takes at least about {}, which fits.", narrow->weights,
                                   base::formatBytes(static_cast<std::uint64_t>(narrow->bytes)));
    }
    tooLarge_ = std::move(error);
    return;
  }
  memory_ = fit->parts;
  fitInWords_ = train::fitInWords(config_, *fit);
}

bool RunCosts::fits(std::int64_t batch, std::int64_t machineBytes) const {
  auto facts = leastFacts_;
  facts.recomputes = false;
  facts.tokensPerBatch = train::tokensOfBatch(config_, batch, facts.longestTokens);
  return train::estimateMemory(model_.config(), facts).totalBytes() < machineBytes;
}

/// Of a layer that resamples the whole weight is averaged, of all else what trains (train::WeightAverage).
std::int64_t RunCosts::averageBytes() const {
  constexpr std::int64_t kFloat = 4;
  if (config_.ema == 0) return 0;
  auto numbers = trained_.count;
  if (!hasCycles(config_.method)) return numbers * kFloat;
  for (std::size_t i = 0; i < trained_.layers.size(); ++i) {
    const auto& layer = trained_.layers[i];
    if (!layer.dense) numbers += layer.inFeatures * layer.outFeatures - trained_.layerNumbers[i];
  }
  return numbers * kFloat;
}

std::string RunCosts::wayToFit(std::int64_t machineBytes) const {
  if (leastBytes_ < machineBytes) {
    return fmt::format(". With --memory {}MB it takes its steps in smaller pieces and fits", machineBytes / 1'000'000);
  }
  std::string way = "choose a smaller model";
  if (const auto narrow = narrowerFit(machineBytes)) {
    way = fmt::format("with --weights {} --memory {}MB it fits, in about {}", narrow->weights, machineBytes / 1'000'000,
                      base::formatBytes(static_cast<std::uint64_t>(narrow->bytes)));
  }
  return fmt::format(". The least is about {}, with single examples and gradient checkpointing: {}",
                     base::formatBytes(static_cast<std::uint64_t>(leastBytes_)), way);
}

/// The widest kind of frozen weights, narrower than the run's, with which the least that it takes is below `limit`.
std::optional<RunCosts::NarrowerFit> RunCosts::narrowerFit(std::int64_t limit) const {
  if (trainsWeights(config_.method) || !config_.trainAlso.empty()) return std::nullopt;
  constexpr std::array kNarrower{std::pair("bf16", at::kBFloat16), std::pair("int8", at::kChar)};
  for (const auto& [name, type] : kNarrower) {
    if (c10::elementSize(type) >= c10::elementSize(options_.weights)) continue;
    auto options = options_;
    options.weights = type;
    const auto model = model::buildModel(modelConfig_, nullptr, options);
    if (!model) return std::nullopt;
    auto facts = leastFacts_;
    facts.weightBytes = model::storedBytes(**model);
    facts.halfTable = true;
    const auto bytes = train::estimateMemory(model_.config(), facts).totalBytes();
    if (bytes < limit) return NarrowerFit{name, bytes};
  }
  return std::nullopt;
}

}  // namespace rosa::service
