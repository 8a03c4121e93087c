// SPDX-License-Identifier: GPL-3.0-or-later
#include "gguf/half.h"

#include <bit>

namespace rosa::gguf {
namespace {

constexpr std::uint32_t kInfinity = 0x7F800000;  // of binary32

/// `value` without its last `bits` bits, rounded to nearest even.
std::uint32_t roundedShift(std::uint32_t value, unsigned bits) {
  const std::uint32_t half = std::uint32_t{1} << (bits - 1);
  const std::uint32_t rest = value & (2 * half - 1);
  const std::uint32_t kept = value >> bits;
  return kept + (rest > half || (rest == half && (kept & 1) != 0) ? 1 : 0);
}

}  // namespace

std::uint16_t toHalf(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000;
  const std::uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude > kInfinity) {
    const std::uint32_t payload = magnitude >> 13 & 0x3FF;
    return static_cast<std::uint16_t>(sign | 0x7C00 | (payload == 0 ? 0x200 : payload));
  }
  constexpr std::uint32_t kSmallestNormal = 0x38800000;  // 2^-14
  constexpr std::uint32_t kTooLarge = 0x47800000;        // 2^16
  if (magnitude >= kTooLarge) return static_cast<std::uint16_t>(sign | 0x7C00);
  if (magnitude >= kSmallestNormal) {
    return static_cast<std::uint16_t>(sign | roundedShift(magnitude - 0x38000000, 13));
  }
  const std::uint32_t exponent = magnitude >> 23;
  constexpr std::uint32_t kVanishes = 101;  // below 2^-26 even rounding up gives 0
  if (exponent < kVanishes) return static_cast<std::uint16_t>(sign);
  const std::uint32_t fraction = (magnitude & 0x7FFFFF) | 0x800000;
  return static_cast<std::uint16_t>(sign | roundedShift(fraction, 126 - exponent));
}

float fromHalf(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000) << 16;
  const std::uint32_t exponent = bits >> 10 & 0x1F;
  const std::uint32_t fraction = bits & 0x3FF;
  if (exponent == 0x1F) return std::bit_cast<float>(sign | kInfinity | fraction << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
  return sign != 0 ? -magnitude : magnitude;
}

std::uint16_t toBrain(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7FFFFFFF) > kInfinity) return static_cast<std::uint16_t>(bits >> 16 | 0x40);
  return static_cast<std::uint16_t>(roundedShift(bits, 16));
}

float fromBrain(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

}  // namespace rosa::gguf
