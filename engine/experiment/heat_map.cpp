// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/heat_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "experiment/svg_text.h"

namespace rosa::experiment {

namespace {

constexpr double kWidth = 800;
constexpr double kLeft = 76;
constexpr double kRight = 690;  ///< the legend lies beyond
constexpr double kTop = 64;
constexpr double kRow = 14;
constexpr double kGap = 40;  ///< above a panel, for its name

/// White to dark blue.
std::string colourOf(double share) {
  constexpr std::array<double, 3> kDark = {8, 48, 107};
  const auto mixed = [&](std::size_t i) { return std::lround(255 + (kDark[i] - 255) * share); };
  return fmt::format("#{:02x}{:02x}{:02x}", mixed(0), mixed(1), mixed(2));
}

}  // namespace

std::string heatMap(const HeatText& text, const std::vector<HeatPanel>& panels) {
  double largest = 0;
  std::size_t rows = 0;
  std::size_t columns = 1;
  for (const auto& panel : panels) {
    rows += panel.rows.size();
    for (const auto& row : panel.rows) {
      columns = std::max(columns, row.size());
      for (const double value : row) largest = std::max(largest, value);
    }
  }
  const double height = kTop + static_cast<double>(rows) * kRow + static_cast<double>(panels.size()) * kGap + 30;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n"
      "<text x=\"{2}\" y=\"26\" font-size=\"16\" font-weight=\"bold\">{3}</text>\n"
      "<text x=\"{2}\" y=\"48\" fill=\"#444444\">rows: {4}</text>\n",
      kWidth, height, kLeft, escapedSvg(text.title), escapedSvg(text.yLabel));
  const double cell = (kRight - kLeft) / static_cast<double>(columns);
  double y = kTop;
  for (const auto& panel : panels) {
    y += kGap;
    svg += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", kLeft, y - 8, escapedSvg(panel.name));
    const double top = y;
    for (std::size_t row = 0; row < panel.rows.size(); ++row, y += kRow) {
      svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\" font-size=\"11\" fill=\"#444444\">{}</text>\n",
                         kLeft - 6, y + kRow - 3, row + 1);
      for (std::size_t i = 0; i < panel.rows[row].size(); ++i) {
        const auto colour = colourOf(largest > 0 ? panel.rows[row][i] / largest : 0);
        if (colour == "#ffffff") continue;
        svg += fmt::format("<rect x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"/>\n",
                           kLeft + cell * static_cast<double>(i), y, cell, kRow, colour);
      }
    }
    svg += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#444444\"/>\n", kLeft,
                       top, kRight - kLeft, y - top);
  }
  svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", (kLeft + kRight) / 2, y + 22,
                     escapedSvg(text.xLabel));
  constexpr int kSteps = 10;
  for (int step = 0; step <= kSteps; ++step) {
    const double at = kTop + kGap + kRow * static_cast<double>(kSteps - step);
    svg += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"18\" height=\"{}\" fill=\"{}\"/>\n", kRight + 20, at, kRow,
                       colourOf(static_cast<double>(step) / kSteps));
    if (step % 5 == 0) {
      svg += fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"11\">{:.2g}</text>\n", kRight + 44, at + kRow - 3,
                         largest * step / kSteps);
    }
  }
  return svg + "</svg>\n";
}

}  // namespace rosa::experiment
