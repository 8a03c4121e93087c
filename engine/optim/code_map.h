// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rosa::optim {

/// 256 numbers within -1..1 that a byte can stand for, in rising order: code 0 is the lowest.
class CodeMap {
 public:
  static constexpr std::size_t kCodes = 256;

  /// The dynamic maps of Dettmers et al. (arXiv 2110.02861, as bitsandbytes computes them): 7 decades, the finer the
  /// larger, signed for first moments and from 0 upwards for second ones.
  static const CodeMap& dynamicSigned();
  static const CodeMap& dynamicUnsigned();

  explicit CodeMap(const std::array<float, kCodes>& values);

  [[nodiscard]] const std::array<float, kCodes>& values() const { return values_; }
  /// Between neighbouring values; what lies on one counts as the lower value.
  [[nodiscard]] const std::array<float, kCodes - 1>& midpoints() const { return midpoints_; }

  [[nodiscard]] float value(std::uint8_t code) const { return values_[code]; }
  /// Code of the value nearest to x, which lies within -1..1.
  [[nodiscard]] std::uint8_t code(float x) const {
    std::size_t code = lowest_[bucket(x)];
    while (code < kCodes - 1 && x > midpoints_[code]) ++code;
    return static_cast<std::uint8_t>(code);
  }

 private:
  // Numbers with the same sign, exponent and first 7 bits of the mantissa share a bucket.
  static constexpr std::size_t kPerSign = std::size_t{1} << 14;
  static std::size_t bucket(float x) {
    const auto bits = std::bit_cast<std::uint32_t>(x) >> 16;
    return (bits & (kPerSign - 1)) | ((bits >> 15) * kPerSign);
  }

  std::array<float, kCodes> values_;
  std::array<float, kCodes - 1> midpoints_;
  std::vector<std::uint8_t> lowest_;  ///< code of a bucket's lowest number
};

}  // namespace rosa::optim
