// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <vector>

/// Correlations of two rows of numbers of equal length; NaN where one of them is constant or has fewer than two
/// numbers, and where any number is NaN. Pure functions.
namespace rosa::metrics {

/// Pearson's r, from deviations scaled to length 1: neither large offsets nor tiny numbers spoil it.
[[nodiscard]] double pearson(std::span<const double> x, std::span<const double> y);

/// Spearman's rho: Pearson's r of the ranks, equal numbers sharing the mean of their ranks.
[[nodiscard]] double spearman(std::span<const double> x, std::span<const double> y);

/// Ranks from 1, equal numbers sharing the mean of theirs.
[[nodiscard]] std::vector<double> averageRanks(std::span<const double> numbers);

}  // namespace rosa::metrics
