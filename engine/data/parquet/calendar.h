// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

/// Days and times after ISO 8601, in the Gregorian calendar carried on in both directions. Pure functions.
namespace rosa::data::parquet {

inline constexpr std::int64_t kSecondsOfDay = 86'400;

/// Rounded down, for negative numbers too; `divisor` > 0.
[[nodiscard]] constexpr std::int64_t floorDivide(std::int64_t value, std::int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

/// What is left of it, from 0 to `divisor` - 1.
[[nodiscard]] constexpr std::int64_t floorModulo(std::int64_t value, std::int64_t divisor) {
  return value % divisor + (value % divisor < 0 ? divisor : 0);
}

/// "2024-01-31" of days since 1970-01-01; years that are not 0 to 9999 with a sign, as in "+290000-12-31".
[[nodiscard]] std::string isoDate(std::int64_t days);

/// "01:02:03", with ".000004" or ".000000005" where there is such a fraction, as Python writes it.
[[nodiscard]] std::string isoTime(std::int64_t secondOfDay, std::int64_t nanoseconds);

}  // namespace rosa::data::parquet
