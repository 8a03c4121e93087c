// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Small helpers for text that people read. Pure functions, callable from any thread.
namespace rosa::base {

/// "512 B", "3.2 MiB", "1.4 GiB".
[[nodiscard]] std::string formatBytes(std::uint64_t bytes);
/// "8s", "4m 10s", "2h 05m", "3d 04h"; fractions of a second are dropped.
[[nodiscard]] std::string formatDuration(double seconds);
/// "42,061".
[[nodiscard]] std::string formatCount(std::int64_t count);

/// ASCII letters in lower case, all else as it is.
[[nodiscard]] std::string lowered(std::string_view text);

/// The candidate that is a likely misspelling of `word` away (optimal string alignment, upper case counts as lower
/// case), or nothing when all are too far.
[[nodiscard]] std::optional<std::string_view> nearestWord(std::string_view word,
                                                          std::span<const std::string_view> candidates);

/// Without ASCII white space at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);
/// The parts between separators, empty ones included: "a,,b" has three, "" has one.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

/// True for well-formed UTF-8: no overlong form, no lone surrogate. Zero bytes are allowed.
[[nodiscard]] bool isUtf8(std::string_view text);

/// Text from a file made safe to show: control characters, characters that reorder or hide text, and bytes that are not
/// UTF-8 are written as escapes.
[[nodiscard]] std::string printable(std::string_view text);
/// `printable` in double quotes, cut at about 80 bytes.
[[nodiscard]] std::string inQuotes(std::string_view text);

}  // namespace rosa::base
