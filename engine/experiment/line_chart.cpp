// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/line_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "experiment/svg_text.h"

namespace rosa::experiment {

namespace {

constexpr double kWidth = 800;
constexpr double kHeight = 480;
constexpr double kLeft = 76;
constexpr double kRight = 610;  ///< the legend lies beyond
constexpr double kTop = 44;
constexpr double kBottom = 424;

/// Okabe and Ito's palette, which colour-blind readers can tell apart.
constexpr std::array<std::string_view, 9> kColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00",
                                                      "#56b4e9", "#7a7a7a", "#8a4b08", "#000000"};

struct Axis {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void settle() {
    if (low > high) low = 0, high = 1;
    if (low == high) low -= 0.5, high += 0.5;
  }
  [[nodiscard]] double place(double value, double from, double to) const {
    return from + (value - low) / (high - low) * (to - from);
  }
};

/// What is drawn for a value: itself, or its power of ten; not finite where nothing is.
double drawn(double value, bool logarithmic) {
  if (!logarithmic) return value;
  return value > 0 ? std::log10(value) : std::numeric_limits<double>::quiet_NaN();
}

/// Where a tick stands on the axis, and its text.
struct Tick {
  double at = 0;
  std::string text;
};

/// Powers of ten, with 2 and 5 between them where there are few.
std::vector<Tick> logarithmicTicks(double low, double high) {
  constexpr double kFewDecades = 3;
  std::vector<Tick> ticks;
  for (auto decade = std::lround(std::floor(low)); static_cast<double>(decade) <= high; ++decade) {
    for (const int factor : {1, 2, 5}) {
      if (factor > 1 && high - low > kFewDecades) continue;
      const double at = static_cast<double>(decade) + std::log10(factor);
      if (at >= low && at <= high) ticks.push_back({at, fmt::format("{}e{}", factor, decade)});
    }
  }
  return ticks;
}

std::vector<Tick> verticalTicks(double low, double high, bool logarithmic) {
  if (logarithmic) return logarithmicTicks(low, high);
  std::vector<Tick> ticks;
  for (const double tick : axisTicks(low, high, 6)) ticks.push_back({tick, fmt::format("{:g}", tick)});
  return ticks;
}

}  // namespace

std::vector<double> axisTicks(double low, double high, int wanted) {
  const double rough = (high - low) / std::max(wanted, 1);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power * 10;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (power * factor >= rough) {
      step = power * factor;
      break;
    }
  }
  std::vector<double> ticks;
  // Counted, not added up, so that 0 is 0.
  for (auto i = std::llround(std::ceil(low / step - 1e-9)); static_cast<double>(i) * step <= high + step * 1e-9; ++i) {
    ticks.push_back(static_cast<double>(i) * step);
  }
  return ticks;
}

std::string lineChart(const ChartText& text, const std::vector<ChartSeries>& series) {
  Axis horizontal;
  Axis vertical;
  for (const auto& line : series) {
    for (std::size_t i = 0; i < line.x.size(); ++i) {
      const double y = drawn(line.y[i], text.logarithmic);
      if (!std::isfinite(y)) continue;
      horizontal.include(line.x[i]);
      vertical.include(y);
    }
  }
  horizontal.settle();
  vertical.settle();

  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n"
      "<text x=\"{2}\" y=\"26\" font-size=\"16\" font-weight=\"bold\">{3}</text>\n",
      kWidth, kHeight, kLeft, escapedSvg(text.title));
  for (const double tick : axisTicks(horizontal.low, horizontal.high, 6)) {
    const double x = horizontal.place(tick, kLeft, kRight);
    svg += fmt::format(
        "<line x1=\"{0:.1f}\" y1=\"{1}\" x2=\"{0:.1f}\" y2=\"{2}\" stroke=\"#e4e4e4\"/>\n"
        "<text x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\" fill=\"#444444\">{4:g}</text>\n",
        x, kTop, kBottom, kBottom + 20, tick);
  }
  for (const auto& tick : verticalTicks(vertical.low, vertical.high, text.logarithmic)) {
    const double y = vertical.place(tick.at, kBottom, kTop);
    svg += fmt::format(
        "<line x1=\"{0}\" y1=\"{1:.1f}\" x2=\"{2}\" y2=\"{1:.1f}\" stroke=\"#e4e4e4\"/>\n"
        "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\" fill=\"#444444\">{5}</text>\n",
        kLeft, y, kRight, kLeft - 8, y + 4, tick.text);
  }
  svg += fmt::format(
      "<path d=\"M{0} {1}V{2}H{3}\" fill=\"none\" stroke=\"#444444\"/>\n"
      "<text x=\"{4}\" y=\"{5}\" text-anchor=\"middle\">{6}</text>\n"
      "<text transform=\"translate(18 {7}) rotate(-90)\" text-anchor=\"middle\">{8}</text>\n",
      kLeft, kTop, kBottom, kRight, (kLeft + kRight) / 2, kHeight - 14, escapedSvg(text.xLabel), (kTop + kBottom) / 2,
      escapedSvg(text.yLabel));

  for (std::size_t s = 0; s < series.size(); ++s) {
    const auto& line = series[s];
    const auto colour = kColours[s % kColours.size()];
    const std::string_view dash = line.dashed ? " stroke-dasharray=\"6 4\"" : "";
    std::string path;
    bool pen = false;
    for (std::size_t i = 0; i < line.x.size(); ++i) {
      const double y = drawn(line.y[i], text.logarithmic);
      if (!std::isfinite(y)) {
        pen = false;
        continue;
      }
      path += fmt::format("{}{:.1f} {:.1f}", pen ? "L" : "M", horizontal.place(line.x[i], kLeft, kRight),
                          vertical.place(y, kBottom, kTop));
      pen = true;
    }
    svg += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"{}/>\n", path, colour, dash);
    const double y = kTop + 10 + 22 * static_cast<double>(s);
    svg += fmt::format(
        "<line x1=\"{0}\" y1=\"{1}\" x2=\"{2}\" y2=\"{1}\" stroke=\"{3}\" stroke-width=\"2\"{4}/>\n"
        "<text x=\"{5}\" y=\"{6}\">{7}</text>\n",
        kRight + 16, y, kRight + 44, colour, dash, kRight + 52, y + 4, escapedSvg(line.name));
  }
  return svg + "</svg>\n";
}

}  // namespace rosa::experiment
