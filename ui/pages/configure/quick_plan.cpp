// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/quick_plan.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "rosa/method_traits.h"
#include "rosa/resolve.h"

namespace rosa::ui {
namespace {

/// What the arithmetic here follows, and what changes none of its numbers. All else is for the engine alone.
constexpr std::array<std::string_view, 56> kFollowed = {"rank",
                                                        "batch",
                                                        "accumulate",
                                                        "epochs",
                                                        "steps",
                                                        "resample-every",
                                                        "alpha",
                                                        "form",
                                                        "moment-reset",
                                                        "moment-prune",
                                                        "slice",
                                                        "basis",
                                                        "resample-plateau",
                                                        "stagger",
                                                        "rewarm",
                                                        "rslora",
                                                        "lora-plus",
                                                        "optimizer",
                                                        "lr",
                                                        "schedule",
                                                        "warmup",
                                                        "warmup-shape",
                                                        "schedule-cycles",
                                                        "schedule-power",
                                                        "schedule-minimum",
                                                        "schedule-timescale",
                                                        "schedule-decay",
                                                        "decay-shape",
                                                        "weight-decay",
                                                        "decay-all",
                                                        "beta1",
                                                        "beta2",
                                                        "epsilon",
                                                        "momentum",
                                                        "clip",
                                                        "scale-parameter",
                                                        "label-smoothing",
                                                        "neftune",
                                                        "ema",
                                                        "early-stopping",
                                                        "dropout",
                                                        "shuffle",
                                                        "seed",
                                                        "threads",
                                                        "device",
                                                        "tf32",
                                                        "eval-every",
                                                        "save-every",
                                                        "sample-every",
                                                        "sample-prompt",
                                                        "sample-tokens",
                                                        "keep-checkpoints",
                                                        "best-metric",
                                                        "keep-best",
                                                        "name",
                                                        "out"};

bool onlyFollowedDiffer(const RunConfig& planned, const RunConfig& next) {
  const auto fields = configFields();
  return std::all_of(fields.begin(), fields.end(), [&](const ConfigField& field) {
    return std::find(kFollowed.begin(), kFollowed.end(), field.key) != kFollowed.end() ||
           configFieldText(planned, field.key) == configFieldText(next, field.key);
  });
}

/// A plan that was refused for the sake of its length is whole; one that was refused for its layers is not.
bool complete(const RunPlan& plan) {
  return std::all_of(plan.problems.begin(), plan.problems.end(),
                     [](const ConfigProblem& problem) { return problem.key == "resample-every"; });
}

/// Whether a layer's numbers follow from its shape and the rank alone.
bool rankDecides(const RunConfig& config) {
  return config.adapter.empty() && config.layerRanks.empty() && config.adapt == AdaptFactors::Both &&
         config.factorise == Factorise::SvdEqual;
}

/// Whether batches that tokens fill are as many as planned: only the lengths of all examples tell how many others are.
bool sameBatches(const RunConfig& planned, const RunConfig& next) {
  return planned.accumulate == next.accumulate && planned.shuffle == next.shuffle && planned.seed == next.seed &&
         planned.epochs == next.epochs && planned.steps == next.steps;
}

/// Those of one layer that trains `rank` directions.
std::int64_t adaptedParameters(Method method, const LayerPlan& layer, std::int64_t rank) {
  const std::int64_t side = std::min(layer.inFeatures, layer.outFeatures);
  if (method == Method::Rosa && rank == side) return layer.inFeatures * layer.outFeatures;
  if (method == Method::Galore) return rank * std::max(layer.inFeatures, layer.outFeatures);
  if (isBottleneck(method)) return rank * (2 * layer.outFeatures + 1) + layer.outFeatures;
  return rank * (layer.inFeatures + layer.outFeatures);
}

}  // namespace

std::optional<QuickPlan> quickPlan(const RunPlan& plan, const RunConfig& planned, const RunConfig& next) {
  const bool comparable = plan.totalSteps > 0 && complete(plan) && onlyFollowedDiffer(planned, next);
  if (!comparable || !checkConfig(next).empty()) return std::nullopt;

  QuickPlan quick;
  quick.trainableParameters = plan.trainableParameters;
  if (hasRank(next.method) && next.rank != planned.rank) {
    if (!rankDecides(next)) return std::nullopt;
    for (const LayerPlan& layer : plan.layers) {
      const std::int64_t side = std::min(layer.inFeatures, layer.outFeatures);
      const std::int64_t rank = config::layerRank(next.rank, side);
      if (rank > side && !isBottleneck(next.method)) return std::nullopt;
      quick.trainableParameters +=
          adaptedParameters(next.method, layer, rank) - adaptedParameters(next.method, layer, layer.rank);
    }
  }

  if (next.batchTokens > 0) {
    if (!sameBatches(planned, next)) return std::nullopt;
    quick.stepsPerEpoch = plan.stepsPerEpoch;
    quick.totalSteps = plan.totalSteps;
  } else {
    const std::int64_t perStep = next.batch * next.accumulate;
    quick.stepsPerEpoch = std::max<std::int64_t>(1, (plan.trainRows + perStep - 1) / perStep);
    quick.totalSteps = config::resolveSteps(next, quick.stepsPerEpoch);
  }
  const std::int64_t every =
      hasCycles(next.method) ? config::intervalSteps(next.resampleEvery, quick.stepsPerEpoch) : 0;
  if (every > 0) quick.resamples = (quick.totalSteps - 1) / every;
  return quick;
}

}  // namespace rosa::ui
