// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

/// Tables of numbers as coloured cells in SVG text, for the folders of experiments. Pure functions.
namespace rosa::experiment {

struct HeatPanel {
  std::string name;
  std::vector<std::vector<double>> rows;  ///< not negative; all rows of all panels equally long
};

struct HeatText {
  std::string title;
  std::string xLabel;
  std::string yLabel;  ///< of the rows, which are numbered from 1, the first on top
};

/// Panels under one another on one scale: white for 0, darkest for the largest number of all, which the legend names.
[[nodiscard]] std::string heatMap(const HeatText& text, const std::vector<HeatPanel>& panels);

}  // namespace rosa::experiment
