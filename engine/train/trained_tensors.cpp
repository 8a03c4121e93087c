// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/trained_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "adapt/layer_choice.h"
#include "config/values.h"

namespace rosa::train {

namespace {

std::string moduleOf(std::string_view tensor) {
  return std::string(tensor.substr(0, tensor.rfind('.')));
}

bool isBias(const model::NamedTensor& stored) {
  return stored.role == model::Role::LinearBias || (stored.role == model::Role::Norm && stored.name.ends_with(".bias"));
}

}  // namespace

Expected<std::vector<std::string>> trainedAlso(const RunConfig& config, const model::Model& model) {
  std::vector<std::string> tensors;
  if (config.trainAlso.empty()) return tensors;
  std::vector<adapt::LayerName> modules;
  for (const auto& stored : model.tensors()) {
    if (stored.role == model::Role::Buffer) continue;
    auto name = moduleOf(stored.name);
    const bool known = std::ranges::any_of(modules, [&](const auto& module) { return module.name == name; });
    if (!known) modules.push_back({std::move(name), false});
  }
  ROSA_TRY(const auto chosen, adapt::chooseLayers(config.trainAlso, modules, "train-also"));
  std::set<std::string_view> names;
  for (const auto index : chosen) names.insert(modules[index].name);
  for (const auto& stored : model.tensors()) {
    if (stored.role != model::Role::Buffer && names.contains(moduleOf(stored.name))) tensors.push_back(stored.name);
  }
  return tensors;
}

std::vector<std::string> trainedTensors(const RunConfig& config, const model::Model& model,
                                        std::span<const std::string> adaptedLayers, std::span<const std::string> also) {
  const auto head = model.headTensors();
  const auto contains = [](const auto& names, const auto& name) {
    return std::ranges::find(names, name) != names.end();
  };
  const bool everything = config.method == Method::Full && config.layers == "all";
  std::vector<std::string> tensors;
  for (const auto& stored : model.tensors()) {
    if (stored.role == model::Role::LinearWeight || stored.role == model::Role::Buffer) continue;
    const bool ofAdapted =
        config.trainBias && stored.role == model::Role::LinearBias && contains(adaptedLayers, moduleOf(stored.name));
    const bool ofHead = config.trainHead && contains(head, stored.name);
    const bool ofMethod = everything || (config.method == Method::Bitfit && isBias(stored));
    if (ofAdapted || ofHead || ofMethod || contains(also, stored.name)) tensors.push_back(stored.name);
  }
  return tensors;
}

Error nothingTrains(const RunConfig& config) {
  return Error{fmt::format("method: {} trains nothing of this model{}. Choose another method.",
                           config::formatValue(config.method),
                           config.method == Method::Bitfit ? ", which has no biases" : "")};
}

}  // namespace rosa::train
