// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

/// The two 16-bit formats as bit patterns.
namespace rosa::gguf {

/// IEEE binary16, rounded to nearest even; beyond 65504 infinite.
[[nodiscard]] std::uint16_t toHalf(float value);
[[nodiscard]] float fromHalf(std::uint16_t bits);

/// The upper half of binary32, rounded to nearest even. A NaN keeps its sign and the part of its payload that is left.
[[nodiscard]] std::uint16_t toBrain(float value);
[[nodiscard]] float fromBrain(std::uint16_t bits);

}  // namespace rosa::gguf
