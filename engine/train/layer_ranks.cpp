// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/layer_ranks.h"

#include "config/resolve.h"

namespace rosa::train {

Expected<std::vector<Rank>> ranksOf(const RunConfig& config, std::span<const adapt::LayerName> layers) {
  std::vector<Rank> ranks(layers.size(), config.rank);
  for (const auto& entry : config.layerRanks) {
    ROSA_TRY(const auto parsed, config::parseLayerRank(entry));
    ROSA_TRY(const auto chosen, adapt::chooseLayers(parsed.pattern, layers, "layer-rank"));
    for (const auto index : chosen) ranks[index] = parsed.rank;
  }
  return ranks;
}

}  // namespace rosa::train
