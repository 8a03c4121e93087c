// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "rosa/config.h"

/// What an evaluation of each task measures beside the loss: the one place that engine, checks and forms ask.
namespace rosa {

inline constexpr std::array<std::string_view, 4> kClassificationMetrics = {"accuracy", "f1", "f1_macro", "matthews"};
/// Of the marked stretches, as seqeval counts them; accuracy of each word.
inline constexpr std::array<std::string_view, 4> kTokenMetrics = {"f1", "precision", "recall", "accuracy"};
inline constexpr std::array<std::string_view, 2> kRegressionMetrics = {"pearson", "spearman"};
/// Of the tokens that were hidden.
inline constexpr std::array<std::string_view, 2> kMaskedMetrics = {"perplexity", "accuracy"};
inline constexpr std::array<std::string_view, 1> kTextMetrics = {"perplexity"};

/// In the order they are reported. Of f1 and f1_macro an evaluation has one: the first with two classes, the second
/// with more.
[[nodiscard]] constexpr std::span<const std::string_view> taskMetrics(Task task) {
  if (task == Task::Classification) return kClassificationMetrics;
  if (task == Task::Regression) return kRegressionMetrics;
  if (task == Task::TokenClassification) return kTokenMetrics;
  if (task == Task::MaskedLanguageModelling) return kMaskedMetrics;
  return kTextMetrics;
}

}  // namespace rosa
