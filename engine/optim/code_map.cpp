// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/code_map.h"

#include <algorithm>
#include <cmath>

namespace rosa::optim {

namespace {

/// Decade i of 7 holds 2^i numbers (twice as many without signs), the middles of equal parts of 0.1..1, times 10^(i-6);
/// then 0 and 1.
std::array<float, CodeMap::kCodes> dynamicValues(bool isSigned) {
  constexpr int kDecades = 7;
  std::array<float, CodeMap::kCodes> values{};
  std::size_t filled = 0;
  for (int decade = 0; decade < kDecades; ++decade) {
    const int parts = 1 << (isSigned ? decade : decade + 1);
    const double unit = std::pow(10.0, decade - kDecades + 1);
    for (int part = 0; part < parts; ++part) {
      const auto middle = static_cast<float>(unit * (0.1 + 0.9 * (part + 0.5) / parts));
      values[filled++] = middle;
      if (isSigned) values[filled++] = -middle;
    }
  }
  values[filled++] = 0;
  values[filled] = 1;
  std::ranges::sort(values);
  return values;
}

}  // namespace

const CodeMap& CodeMap::dynamicSigned() {
  static const CodeMap map(dynamicValues(true));
  return map;
}

const CodeMap& CodeMap::dynamicUnsigned() {
  static const CodeMap map(dynamicValues(false));
  return map;
}

CodeMap::CodeMap(const std::array<float, kCodes>& values) : values_(values), midpoints_{}, lowest_(2 * kPerSign) {
  for (std::size_t i = 0; i + 1 < kCodes; ++i) midpoints_[i] = (values_[i] + values_[i + 1]) / 2;
  for (std::size_t index = 0; index < lowest_.size(); ++index) {
    const bool negative = index >= kPerSign;
    auto bits = static_cast<std::uint32_t>(index % kPerSign) << 16;
    // The lowest number of a bucket is the smallest in size, or among the negative ones the largest.
    if (negative) bits |= 0x8000FFFFU;
    const auto lowest = std::bit_cast<float>(bits);
    const auto above = std::ranges::lower_bound(midpoints_, lowest);
    lowest_[index] = static_cast<std::uint8_t>(above - midpoints_.begin());
  }
}

}  // namespace rosa::optim
