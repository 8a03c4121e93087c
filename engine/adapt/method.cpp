// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/method.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "adapt/bottleneck.h"
#include "adapt/dense.h"
#include "adapt/dora.h"
#include "adapt/galore.h"
#include "adapt/ia3.h"
#include "adapt/lora.h"
#include "adapt/rosa.h"
#include "adapt/slice.h"
#include "device/parallel.h"

namespace rosa::adapt {

namespace {

TrainedFactors trainedFactors(AdaptFactors adapt) {
  switch (adapt) {
    case AdaptFactors::A:
      return TrainedFactors::A;
    case AdaptFactors::B:
      return TrainedFactors::B;
    case AdaptFactors::Both:
      break;
  }
  return TrainedFactors::Both;
}

}  // namespace

MethodSettings methodSettings(const RunConfig& config, Form form) {
  MethodSettings settings;
  settings.method = config.method;
  settings.rank = config.rank;
  settings.alpha = config.alpha;
  settings.form = form;
  settings.seed = static_cast<std::uint64_t>(config.seed);
  if (config.method == Method::Rosa) settings.trained = trainedFactors(config.adapt);
  settings.factorise = config.factorise;
  settings.slice = config.slice;
  settings.basis = config.basis;
  settings.loraStart = config.loraStart;
  settings.rslora = config.rslora;
  settings.loraPlus = config.loraPlus;
  return settings;
}

namespace {

Ia3::Side ia3Side(const MethodSettings& settings, const std::string& name) {
  if (!settings.ia3Inputs) return sideOf(name);
  return *settings.ia3Inputs ? Ia3::Side::Inputs : Ia3::Side::Outputs;
}

}  // namespace

double scaleOf(const MethodSettings& settings, std::int64_t rank) {
  const auto r = static_cast<double>(rank);
  if (settings.scale) return *settings.scale;
  if (settings.method == Method::Galore) return settings.alpha.value_or(0.25);
  if (settings.method == Method::Rosa) return settings.alpha ? *settings.alpha / r : 1;
  return settings.alpha.value_or(2 * r) / (settings.rslora ? std::sqrt(r) : r);
}

std::int64_t LayerNumbers::trainable() const {
  std::int64_t numbers = 0;
  for (const auto& shape : shapes) {
    numbers += std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  }
  return numbers;
}

Expected<LayerNumbers> numbersOf(const MethodSettings& settings, std::int64_t in, std::int64_t out,
                                 const std::string& name) {
  LayerNumbers numbers;
  if (settings.method == Method::Ia3) {
    const bool inputs = ia3Side(settings, name) == Ia3::Side::Inputs;
    numbers.shapes = {{inputs ? in : out}};
    numbers.keptPerToken = inputs ? 0 : out;
    return numbers;
  }
  numbers.rank = std::min(in, out);
  if (settings.method != Method::Full) {
    ROSA_TRY(numbers.rank, rankOf(settings.rank, in, out, name));
  }
  if (isBottleneck(settings.method)) {
    numbers.shapes = {{out, numbers.rank}, {numbers.rank}, {numbers.rank, out}, {out}};
    numbers.keptPerToken = out + numbers.rank;
    return numbers;
  }
  numbers.dense =
      settings.method == Method::Full || (settings.method == Method::Rosa && numbers.rank == std::min(in, out));
  if (numbers.dense) {
    numbers.shapes = {{in, out}};
    return numbers;
  }
  auto trained = TrainedFactors::Both;
  if (settings.method == Method::Rosa || settings.method == Method::Lora) trained = settings.trained;
  if (settings.method == Method::Galore) trained = in < out ? TrainedFactors::B : TrainedFactors::A;
  if (trained != TrainedFactors::B) numbers.shapes.push_back({in, numbers.rank});
  if (trained != TrainedFactors::A) numbers.shapes.push_back({numbers.rank, out});
  if (settings.method == Method::Dora) numbers.shapes.push_back({out});
  const bool projects = settings.method == Method::Dora || settings.form == Form::Branch;
  numbers.keptPerToken = (projects ? numbers.rank : 0) + (settings.method == Method::Dora ? out : 0);
  return numbers;
}

namespace {

/// LoRA and its kin, whose start can fail.
std::unique_ptr<Adaptation> makeLowRank(const MethodSettings& settings, at::Tensor weight, const std::string& name,
                                        std::int64_t layerIndex, std::int64_t rank) {
  const double scale = scaleOf(settings, rank);
  const StartKey key{settings.seed, layerIndex, 0};
  LowRankSettings lowRank;
  lowRank.rank = rank;
  lowRank.scale = scale;
  lowRank.form = settings.form;
  lowRank.trained = settings.trained;
  switch (settings.method) {
    case Method::Dora:
      return std::make_unique<Dora>(std::move(weight), name,
                                    Dora::Settings{rank, scale, settings.loraStart, settings.loraPlus, key});
    case Method::Galore:
      return std::make_unique<Galore>(std::move(weight), name, Galore::Settings{rank, scale});
    case Method::Rosa:
      return std::make_unique<Rosa>(
          std::move(weight), name,
          Rosa::Settings{lowRank, settings.seed, layerIndex, settings.referenceScale, settings.factorise,
                         settings.slice, settings.basis, settings.measuresCoverage});
    default:
      return std::make_unique<Lora>(
          std::move(weight), name,
          Lora::Settings{lowRank, settings.loraStart, settings.loraPlus, key, settings.method == Method::Relora});
  }
}

}  // namespace

Expected<std::unique_ptr<Adaptation>> makeAdaptation(const MethodSettings& settings, at::Tensor weight,
                                                     const std::string& name, std::int64_t layerIndex) {
  using Made = std::unique_ptr<Adaptation>;
  if (settings.method == Method::Ia3)
    return Made(std::make_unique<Ia3>(std::move(weight), name, ia3Side(settings, name)));
  ROSA_TRY(const auto numbers, numbersOf(settings, weight.size(0), weight.size(1), name));
  if (numbers.dense) return Made(std::make_unique<Dense>(std::move(weight), name));
  if (isBottleneck(settings.method)) {
    const auto activation =
        settings.method == Method::Houlsby ? Bottleneck::Activation::Gelu : Bottleneck::Activation::Relu;
    const StartKey key{settings.seed, layerIndex, 0};
    return Made(std::make_unique<Bottleneck>(weight, name, Bottleneck::Settings{numbers.rank, activation, key}));
  }
  try {
    return makeLowRank(settings, std::move(weight), name, layerIndex, numbers.rank);
  } catch (const std::runtime_error& error) {
    return Error{error.what()};
  }
}

std::vector<Slice> resampleAll(std::span<Adaptation* const> adaptations, std::int64_t cycle,
                               std::span<const std::int64_t> starts) {
  TORCH_CHECK(starts.empty() || starts.size() == adaptations.size(), "Windows for ", starts.size(),
              " layers were given to ", adaptations.size(), ".");
  std::vector<Slice> slices(adaptations.size());
  device::forEachInParallel(static_cast<std::int64_t>(adaptations.size()), [&](std::int64_t layer) {
    const auto i = static_cast<std::size_t>(layer);
    if (!adaptations[i]->resamples()) return;
    slices[i] = adaptations[i]->resample(cycle, starts.empty() ? std::nullopt : std::optional(starts[i]));
  });
  return slices;
}

}  // namespace rosa::adapt
