// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/direction_rows.h"

#include <map>
#include <string_view>

namespace rosa::ui {

DirectionRows directionRows(const std::vector<ResampleMark>& resamples, std::optional<std::int64_t> highlighted) {
  std::map<std::string_view, std::size_t> rowOf;
  std::vector<std::int64_t> newest;  // the cycle of each row's last draw
  for (const ResampleMark& mark : resamples) {
    for (const LayerSlice& slice : mark.event.layers) {
      const auto row = rowOf.try_emplace(slice.layer, rowOf.size()).first->second;
      newest.resize(rowOf.size());
      newest[row] = mark.event.cycle;
    }
  }
  DirectionRows picture{rowOf.size(), {}};
  for (const ResampleMark& mark : resamples) {
    for (const LayerSlice& slice : mark.event.layers) {
      if (slice.directions <= 0 || slice.count <= 0) continue;
      const auto row = rowOf.at(slice.layer);
      const bool strong = mark.event.cycle == highlighted.value_or(newest[row]);
      picture.bars.push_back({row, slice.start, slice.count, slice.directions, strong});
    }
  }
  return picture;
}

}  // namespace rosa::ui
