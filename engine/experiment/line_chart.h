// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

/// Line charts as SVG text, for the folders of experiments. Pure functions.
namespace rosa::experiment {

struct ChartSeries {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;  ///< as many as x; what is not finite, or not above 0 on a logarithmic axis, breaks the line
  bool dashed = false;
};

struct ChartText {
  std::string title;
  std::string xLabel;
  std::string yLabel;
  bool logarithmic = false;  ///< the y axis
};

/// 800 x 480, light, legend on the right in the order of the series.
[[nodiscard]] std::string lineChart(const ChartText& text, const std::vector<ChartSeries>& series);

/// Round numbers that divide low..high into about `wanted` steps, from the first at or above `low`.
[[nodiscard]] std::vector<double> axisTicks(double low, double high, int wanted);

}  // namespace rosa::experiment
