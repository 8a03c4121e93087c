// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/adapted_linears.h"

#include "config/resolve.h"
#include "rosa/method_traits.h"

namespace rosa::train {

Expected<std::vector<std::size_t>> adaptedLinears(const RunConfig& config, const model::Model& model,
                                                  const std::optional<StartAdapter>& start) {
  std::vector<std::size_t> chosen;
  if (!adaptsLayers(config.method)) return chosen;
  if (start) {
    for (const auto& layer : start->layers()) chosen.push_back(layer.linear);
    return chosen;
  }
  std::vector<adapt::LayerName> names;
  for (const auto* slot : model.linears()) names.push_back({slot->name(), slot->attention()});
  return adapt::chooseLayersOf(config.method, config.layers, names);
}

Expected<std::vector<Rank>> ranksOf(const RunConfig& config, std::span<const adapt::LayerName> layers) {
  std::vector<Rank> ranks(layers.size(), config.rank);
  for (const auto& entry : config.layerRanks) {
    ROSA_TRY(const auto parsed, config::parseLayerRank(entry));
    ROSA_TRY(const auto chosen, adapt::chooseLayers(parsed.pattern, layers, "layer-rank"));
    for (const auto index : chosen) ranks[index] = parsed.rank;
  }
  return ranks;
}

Expected<std::vector<adapt::MethodSettings>> settingsOf(const RunConfig& config, Form form, const model::Model& model,
                                                        std::span<const std::size_t> linears,
                                                        const std::optional<StartAdapter>& start) {
  std::vector<adapt::LayerName> names;
  for (const auto index : linears) {
    const auto* slot = model.linears()[index];
    names.push_back({slot->name(), slot->attention()});
  }
  ROSA_TRY(const auto ranks, ranksOf(config, names));
  const auto common = adapt::methodSettings(config, form);
  std::vector<adapt::MethodSettings> all;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    all.push_back(start ? StartAdapter::settingsOf(common, start->layers()[i]) : common);
    if (!start) all.back().rank = ranks[i];
  }
  return all;
}

}  // namespace rosa::train
