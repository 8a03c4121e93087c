// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "rosa/events.h"

namespace rosa::ui {

/// Which singular directions of each layer have been trained, however many resamples there were: one number a
/// direction, so that its size is that of the layers alone.
class DirectionHistory {
 public:
  struct Window {
    std::int64_t start = 0;
    std::int64_t count = 0;
    friend bool operator==(const Window&, const Window&) = default;
  };
  struct Layer {
    std::int64_t directions = 0;      ///< of the layer's smaller side; 0 = none has an index
    std::vector<std::int64_t> since;  ///< by direction: the step of the draw it first came with; kNever
    std::vector<Window> newest;       ///< what the layer's last draw trains
    std::int64_t newestStep = -1;
  };
  static constexpr std::int64_t kNever = -1;

  /// Draws of one step come as one event, and steps grow.
  void add(std::int64_t step, const LayerSlice& slice);
  /// Forgets all draws after `step`; what the layers train now is then told by `add` of the draws that are left.
  void truncateAfter(std::int64_t step);

  /// In the order of their first draw.
  [[nodiscard]] const std::vector<Layer>& layers() const { return layers_; }
  /// The place of this layer in `layers()`, or its size.
  [[nodiscard]] std::size_t rowOf(const std::string& layer) const;
  /// Counts up with every change.
  [[nodiscard]] std::int64_t generation() const { return generation_; }

 private:
  std::vector<Layer> layers_;
  std::map<std::string, std::size_t, std::less<>> rows_;
  std::int64_t generation_ = 0;
};

}  // namespace rosa::ui
