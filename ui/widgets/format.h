// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <cstdint>
#include <filesystem>
#include <string>

/// How numbers, times and paths read, everywhere in the window.
namespace rosa::ui {

[[nodiscard]] QString formatBytes(std::int64_t bytes);             ///< "0.42 GiB", "11.2 MiB", "640 KiB"
[[nodiscard]] QString formatCount(std::int64_t count);             ///< "42,061"
[[nodiscard]] QString formatBigCount(std::int64_t count);          ///< "42,061" below a million, then "1.2 M", "7.1 B"
[[nodiscard]] QString formatDuration(double seconds);              ///< "8s", "4m 10s", "1h 02m", "2d 3h"
[[nodiscard]] QString formatShare(double share);                   ///< "18 %", "2.9 %", "5 %"
[[nodiscard]] QString formatNumber(double value, int digits = 4);  ///< significant digits, no trailing zeros
[[nodiscard]] QString formatRate(double rate);                     ///< "2e-3", "1.21e-3", "0.5", "0"
[[nodiscard]] QString plural(std::int64_t count, const QString& one, const QString& many);  ///< "1 row", "4,000 rows"

[[nodiscard]] QString toQString(const std::string& text);
[[nodiscard]] QString toQString(const std::filesystem::path& path);
[[nodiscard]] std::filesystem::path toPath(const QString& text);
/// The last part of a path, whatever its trailing slash.
[[nodiscard]] QString pathName(const std::filesystem::path& path);

/// For a sentence in a dialog: of more than 60 characters the middle is left out.
[[nodiscard]] QString shortName(const QString& name);

}  // namespace rosa::ui
