// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/optimizer.h"

#include <ATen/ATen.h>

#include <functional>
#include <numeric>

#include "optim/kinds.h"

namespace rosa::optim {

StateRule momentsNeeded(const RunConfig& config) {
  const auto same = [](int moments) { return [moments](const adapt::Parameter&) { return StateLayout{moments, {}}; }; };
  switch (config.optimizer) {
    case rosa::Optimizer::AdamW:
    case rosa::Optimizer::Adam:
      return same(2);
    case rosa::Optimizer::Sgd:
      return same(config.momentum != 0 ? 1 : 0);
    case rosa::Optimizer::Lion:
      return same(1);
    case rosa::Optimizer::Adafactor:
      return adafactorState;
    case rosa::Optimizer::Muon:
      return muonState;
    case rosa::Optimizer::AdamW8bit:
      return adamW8bitState;
  }
  return same(2);
}

std::int64_t momentBytes(const RunConfig& config, std::span<const TrainedShape> trained) {
  constexpr std::int64_t kFloat = 4;
  const auto rule = momentsNeeded(config);
  std::int64_t bytes = 0;
  for (const auto& [shape, segment] : trained) {
    adapt::Parameter parameter;
    parameter.value = at::empty(shape, at::TensorOptions(at::kMeta).dtype(at::kFloat));
    parameter.segment = segment;
    const auto layout = rule(parameter);
    bytes += layout.moments * parameter.value.numel() * kFloat;
    for (const auto& extra : layout.extras) {
      const auto count = std::accumulate(extra.shape.begin(), extra.shape.end(), std::int64_t{1}, std::multiplies<>());
      bytes += count * static_cast<std::int64_t>(c10::elementSize(extra.type));
    }
  }
  return bytes;
}

std::unique_ptr<Optimizer> makeOptimizer(const RunConfig& config, Arena& arena) {
  switch (config.optimizer) {
    case rosa::Optimizer::AdamW:
    case rosa::Optimizer::Adam:
      return makeAdam(config, arena);
    case rosa::Optimizer::Sgd:
      return makeSgd(config, arena);
    case rosa::Optimizer::Lion:
      return makeLion(config, arena);
    case rosa::Optimizer::Adafactor:
      return makeAdafactor(config, arena);
    case rosa::Optimizer::Muon:
      return makeMuon(config, arena);
    case rosa::Optimizer::AdamW8bit:
      return makeAdamW8bit(config, arena);
  }
  return makeAdam(config, arena);
}

}  // namespace rosa::optim
