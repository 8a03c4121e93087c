// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

/// Scores of predicted classes against true ones, as scikit-learn defines them. Both spans have equal length; what has
/// no value (an empty span) is NaN, a division by zero inside a score counts as 0. Pure functions.
namespace rosa::metrics {

/// Share of predictions that are right.
[[nodiscard]] double accuracy(std::span<const std::int64_t> truth, std::span<const std::int64_t> predicted);

/// F1 of one class: 2 TP / (2 TP + FP + FN). GLUE's F1 is that of class 1.
[[nodiscard]] double f1(std::span<const std::int64_t> truth, std::span<const std::int64_t> predicted,
                        std::int64_t positive = 1);

/// Unweighted mean of F1 over the classes that occur among truths or predictions.
[[nodiscard]] double f1Macro(std::span<const std::int64_t> truth, std::span<const std::int64_t> predicted);

/// Matthews correlation coefficient for any number of classes (Gorodkin 2004, eq. 8); 0 where only one class is true or
/// only one is predicted.
[[nodiscard]] double matthews(std::span<const std::int64_t> truth, std::span<const std::int64_t> predicted);

}  // namespace rosa::metrics
