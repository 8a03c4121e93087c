// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/method.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "adapt/dense.h"
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
  return settings;
}

Expected<std::unique_ptr<Adaptation>> makeAdaptation(const MethodSettings& settings, at::Tensor weight,
                                                     const std::string& name, std::int64_t layerIndex) {
  using Made = std::unique_ptr<Adaptation>;
  if (settings.method == Method::Full) return Made(std::make_unique<Dense>(std::move(weight), name));

  const std::int64_t in = weight.size(0);
  const std::int64_t out = weight.size(1);
  LowRankSettings lowRank;
  ROSA_TRY(lowRank.rank, rankOf(settings.rank, in, out, name));
  lowRank.form = settings.form;
  lowRank.trained = settings.trained;
  const auto rank = static_cast<double>(lowRank.rank);

  if (settings.method == Method::Lora) {
    lowRank.scale = settings.alpha ? *settings.alpha / rank : 2;
    return Made(std::make_unique<Lora>(std::move(weight), name, lowRank, settings.seed, layerIndex));
  }
  if (lowRank.rank == std::min(in, out)) return Made(std::make_unique<Dense>(std::move(weight), name));
  lowRank.scale = settings.alpha ? *settings.alpha / rank : 1;
  const Rosa::Settings rosa{lowRank,        settings.seed, layerIndex, settings.referenceScale, settings.factorise,
                            settings.slice, settings.basis};
  return Made(std::make_unique<Rosa>(std::move(weight), name, rosa));
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
