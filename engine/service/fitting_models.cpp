// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/fitting_models.h"

#include <nlohmann/json.hpp>

#include "model/build.h"
#include "rosa/services.h"
#include "service/init_presets.h"
#include "train/memory_estimate.h"

namespace rosa::service {

namespace {

constexpr std::int64_t kRank = 8;
constexpr std::int64_t kTokens = 512;

at::ScalarType typeOf(WeightType weights) {
  if (weights == WeightType::Int8) return at::ScalarType::Char;
  return weights == WeightType::Bf16 ? at::ScalarType::BFloat16 : at::ScalarType::Float;
}

/// What training such a model takes; nothing for what continues no text.
std::optional<std::int64_t> trainingBytes(const InitPreset& preset, WeightType weights) {
  const auto json = presetConfig(preset.arch, preset.name);
  if (!json) return std::nullopt;
  auto config = model::parseModelConfig(*json, "config.json");
  if (!config || !config->isDecoder()) return std::nullopt;
  model::BuildOptions options;
  options.device = c10::DeviceType::Meta;
  options.weights = typeOf(weights);
  const auto model = model::buildModel(*std::move(config), nullptr, options);
  if (!model) return std::nullopt;
  constexpr std::int64_t kFloat = 4;
  train::MemoryFacts facts;
  facts.weightBytes = model::storedBytes(**model);
  for (const auto* slot : (*model)->linears()) {
    const auto weight = slot->weight();
    facts.ownParameters += kRank * (weight.size(0) + weight.size(1));
    facts.keptPerToken += kRank;
  }
  facts.trainableParameters = facts.ownParameters;
  facts.momentBytes = 2 * facts.trainableParameters * kFloat;
  facts.tokensPerBatch = kTokens;
  facts.halfTable = weights != WeightType::Fp32;
  facts.recomputes = weights != WeightType::Fp32;
  return train::estimateMemory((*model)->config(), facts).totalBytes();
}

}  // namespace

std::optional<FittingModel> largestFittingModel(std::int64_t bytes, WeightType weights) {
  std::optional<FittingModel> largest;
  for (const auto& preset : initPresets()) {
    const auto needed = trainingBytes(preset, weights);
    if (!needed || *needed > bytes || (largest && *needed <= largest->bytes)) continue;
    largest = FittingModel{preset.description, *needed};
  }
  return largest;
}

}  // namespace rosa::service
