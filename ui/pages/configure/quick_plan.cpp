// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/quick_plan.h"

#include <algorithm>
#include <cmath>

#include "rosa/method_traits.h"

namespace rosa::ui {
namespace {

/// Those that the rank decides.
std::int64_t adaptedParameters(Method method, const LayerPlan& layer, std::int64_t rank) {
  const std::int64_t side = std::min(layer.inFeatures, layer.outFeatures);
  if (method == Method::Rosa && rank >= side) return layer.inFeatures * layer.outFeatures;
  if (method == Method::Galore) return rank * std::max(layer.inFeatures, layer.outFeatures);
  if (isBottleneck(method)) return rank * (2 * layer.outFeatures + 1) + layer.outFeatures;
  return rank * (layer.inFeatures + layer.outFeatures);
}

std::int64_t intervalSteps(const Interval& interval, std::int64_t stepsPerEpoch) {
  if (interval.unit == Interval::Unit::Never) return 0;
  const double unit = interval.unit == Interval::Unit::Epochs ? static_cast<double>(stepsPerEpoch) : 1.0;
  return std::max<std::int64_t>(1, std::llround(interval.count * unit));
}

}  // namespace

std::int64_t rankOf(const Rank& rank, std::int64_t side) {
  if (const auto* number = std::get_if<std::int64_t>(&rank.value)) return *number;
  const double share = std::get<double>(rank.value);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::floor(share * static_cast<double>(side))));
}

std::optional<QuickPlan> quickPlan(const RunPlan& plan, const RunConfig& planned, const RunConfig& next) {
  const bool comparable =
      plan.totalSteps > 0 && planned.model == next.model && planned.data == next.data && planned.valid == next.valid &&
      planned.validationSplit == next.validationSplit && planned.maxRows == next.maxRows && planned.task == next.task &&
      planned.method == next.method && planned.layers == next.layers && planned.trainBias == next.trainBias &&
      planned.trainHead == next.trainHead && planned.trainAlso == next.trainAlso &&
      planned.virtualTokens == next.virtualTokens && planned.adapter == next.adapter;
  if (!comparable || next.batch < 1 || next.accumulate < 1) return std::nullopt;

  QuickPlan quick;
  quick.trainableParameters = plan.trainableParameters;
  if (hasRank(next.method) && next.rank != planned.rank) {
    for (const LayerPlan& layer : plan.layers) {
      const std::int64_t side = std::min(layer.inFeatures, layer.outFeatures);
      quick.trainableParameters += adaptedParameters(next.method, layer, rankOf(next.rank, side)) -
                                   adaptedParameters(next.method, layer, layer.rank);
    }
  }

  // The plan's own steps an epoch, unless the batch was changed since.
  std::int64_t stepsPerEpoch = plan.stepsPerEpoch;
  if (next.batch != planned.batch || next.accumulate != planned.accumulate) {
    const std::int64_t rows = next.batch * next.accumulate;
    stepsPerEpoch = std::max<std::int64_t>(1, (plan.trainRows + rows - 1) / rows);
  }
  const double epochs = next.epochs.value_or(3.0);
  quick.totalSteps =
      next.steps.value_or(static_cast<std::int64_t>(std::ceil(epochs * static_cast<double>(stepsPerEpoch))));
  const std::int64_t every = hasCycles(next.method) ? intervalSteps(next.resampleEvery, stepsPerEpoch) : 0;
  if (every > 0) quick.resamples = std::max<std::int64_t>(0, quick.totalSteps - 1) / every;
  return quick;
}

}  // namespace rosa::ui
