// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/direction_history.h"

#include <algorithm>

namespace rosa::ui {
namespace {

/// More than the smaller side of any weight; a file of events that says so is not believed.
constexpr std::int64_t kMostDirections = 1 << 20;

}  // namespace

void DirectionHistory::add(std::int64_t step, const LayerSlice& slice) {
  ++generation_;
  const std::size_t row = rows_.try_emplace(slice.layer, layers_.size()).first->second;
  if (row == layers_.size()) layers_.emplace_back();
  Layer& layer = layers_[row];
  if (layer.newestStep != step) layer.newest.clear();
  layer.newestStep = step;
  if (slice.directions <= 0 || slice.directions > kMostDirections || slice.count <= 0 || slice.start < 0) return;
  layer.directions = slice.directions;
  layer.since.resize(static_cast<std::size_t>(slice.directions), kNever);
  const std::int64_t first = std::min(slice.start, slice.directions);
  const std::int64_t end = first + std::min(slice.count, slice.directions - first);
  for (std::int64_t direction = first; direction < end; ++direction) {
    std::int64_t& since = layer.since[static_cast<std::size_t>(direction)];
    since = since == kNever ? step : std::min(since, step);
  }
  const Window window{first, end - first};
  if (std::find(layer.newest.begin(), layer.newest.end(), window) == layer.newest.end()) {
    layer.newest.push_back(window);
  }
}

void DirectionHistory::truncateAfter(std::int64_t step) {
  ++generation_;
  for (Layer& layer : layers_) {
    std::replace_if(
        layer.since.begin(), layer.since.end(), [step](std::int64_t since) { return since > step; }, kNever);
    if (layer.newestStep <= step) continue;
    layer.newest.clear();
    layer.newestStep = -1;
  }
}

std::size_t DirectionHistory::rowOf(const std::string& layer) const {
  const auto found = rows_.find(layer);
  return found == rows_.end() ? layers_.size() : found->second;
}

}  // namespace rosa::ui
