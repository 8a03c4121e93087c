// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

/// The two 16-bit formats as bit patterns.
namespace rosa::gguf {

/// IEEE binary16, rounded to nearest even; beyond 65504 infinite.
[[nodiscard]] std::uint16_t toHalf(float value);
[[nodiscard]] float fromHalf(std::uint16_t bits);

/// The upper half of binary32, rounded to nearest even. A NaN keeps its sign and the part of its payload that is left.
[[nodiscard]] std::uint16_t toBrain(float value);
[[nodiscard]] float fromBrain(std::uint16_t bits);

/// Two bytes of a file, the lower one first.
[[nodiscard]] inline std::uint16_t loadHalf(const std::byte* at) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(at[0]) | std::to_integer<unsigned>(at[1]) << 8);
}
inline void storeHalf(std::byte* at, std::uint16_t bits) {
  at[0] = static_cast<std::byte>(bits & 0xFF);
  at[1] = static_cast<std::byte>(bits >> 8);
}

}  // namespace rosa::gguf
