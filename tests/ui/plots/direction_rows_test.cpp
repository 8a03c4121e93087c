// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/direction_rows.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace rosa::ui {
namespace {

ResampleMark markOf(std::int64_t cycle, std::vector<LayerSlice> layers) {
  ResampleMark mark;
  mark.event.cycle = cycle;
  mark.event.step = 10 * cycle;
  mark.event.layers = std::move(layers);
  return mark;
}

/// "row:start+count", a star where it is strong.
std::vector<std::string> barsOf(const DirectionRows& picture) {
  std::vector<std::string> texts;
  for (const DirectionBar& bar : picture.bars) {
    texts.push_back(std::to_string(bar.row) + ":" + std::to_string(bar.start) + "+" + std::to_string(bar.count) +
                    (bar.strong ? "*" : ""));
  }
  return texts;
}

DirectionRows rowsOf(const std::vector<ResampleMark>& events, std::optional<std::size_t> highlighted = {}) {
  DirectionHistory history;
  for (const ResampleMark& mark : events) {
    for (const LayerSlice& slice : mark.event.layers) history.add(mark.event.step, slice);
  }
  return directionRows(history, highlighted ? &events[*highlighted] : nullptr);
}

using Texts = std::vector<std::string>;

TEST(DirectionRows, TheNewestSliceOfEachLayerIsStrong) {
  // Layer b waits for its turn in cycle 1: its first slice still trains.
  const std::vector<ResampleMark> marks = {markOf(0, {{"a", 0, 4, 16}, {"b", 8, 4, 16}}), markOf(1, {{"a", 4, 4, 16}})};
  const auto picture = rowsOf(marks);
  EXPECT_EQ(picture.rows, 2U);
  EXPECT_EQ(barsOf(picture), (Texts{"0:0+8", "1:8+4", "0:4+4*", "1:8+4*"}));
}

TEST(DirectionRows, AHighlightedResampleIsStrongInstead) {
  const std::vector<ResampleMark> marks = {markOf(0, {{"a", 0, 4, 16}, {"b", 8, 4, 16}}), markOf(1, {{"b", 4, 4, 16}})};
  EXPECT_EQ(barsOf(rowsOf(marks, 0)), (Texts{"0:0+4", "1:4+8", "0:0+4*", "1:8+4*"}));
}

TEST(DirectionRows, WindowsOfOneLayerShareItsRow) {
  const std::vector<ResampleMark> marks = {markOf(0, {{"a", 0, 1, 16}, {"a", 5, 2, 16}, {"b", 3, 3, 16}})};
  const auto picture = rowsOf(marks);
  EXPECT_EQ(picture.rows, 2U);
  EXPECT_EQ(barsOf(picture), (Texts{"0:0+1", "0:5+2", "1:3+3", "0:0+1*", "0:5+2*", "1:3+3*"}));
}

TEST(DirectionRows, DirectionsWithoutAnIndexHaveARowAndNoBar) {
  const auto picture = rowsOf({markOf(0, {{"a", 0, 0, 16}})});
  EXPECT_EQ(picture.rows, 1U);
  EXPECT_TRUE(picture.bars.empty());
}

}  // namespace
}  // namespace rosa::ui
