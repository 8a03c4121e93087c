// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/direction_rows.h"

#include <algorithm>

namespace rosa::ui {
namespace {

void addTrained(std::size_t row, const DirectionHistory::Layer& layer, std::vector<DirectionBar>& bars) {
  const auto never = [](std::int64_t since) { return since == DirectionHistory::kNever; };
  auto from = layer.since.begin();
  while (true) {
    from = std::find_if_not(from, layer.since.end(), never);
    if (from == layer.since.end()) return;
    const auto end = std::find_if(from, layer.since.end(), never);
    bars.push_back({row, from - layer.since.begin(), end - from, layer.directions, false});
    from = end;
  }
}

}  // namespace

DirectionRows directionRows(const DirectionHistory& history, const ResampleMark* highlighted) {
  const auto& layers = history.layers();
  DirectionRows picture{layers.size(), {}};
  for (std::size_t row = 0; row < layers.size(); ++row) addTrained(row, layers[row], picture.bars);
  if (highlighted != nullptr) {
    for (const LayerSlice& slice : highlighted->event.layers) {
      const std::size_t row = history.rowOf(slice.layer);
      if (row == layers.size() || slice.directions <= 0 || slice.count <= 0) continue;
      picture.bars.push_back({row, slice.start, slice.count, slice.directions, true});
    }
    return picture;
  }
  for (std::size_t row = 0; row < layers.size(); ++row) {
    for (const auto& window : layers[row].newest) {
      picture.bars.push_back({row, window.start, window.count, layers[row].directions, true});
    }
  }
  return picture;
}

}  // namespace rosa::ui
