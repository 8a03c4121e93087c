// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rosa/generate.h"

/// What changes a model's scores for the next token before one is chosen. Scores are logits, or log-probabilities in a
/// beam search; -infinity rules a token out. Each function is what transformers' processor of that name does.
namespace rosa::generate {

/// Scores of tokens in `history` become smaller: divided where positive, multiplied where negative.
void penaliseRepetition(std::span<float> scores, std::span<const std::int64_t> history, double penalty);

/// Rules out every token that would complete an n-gram which `history` already holds.
void banRepeatedNgrams(std::span<float> scores, std::span<const std::int64_t> history, std::int64_t n);

void banTokens(std::span<float> scores, std::span<const std::int64_t> tokens);

void divideByTemperature(std::span<float> scores, double temperature);

/// Keeps the k highest scores, and those equal to the lowest of them.
void keepTopK(std::span<float> scores, std::int64_t k);

/// Keeps the fewest likeliest tokens whose probabilities reach `mass`; at least one (Holtzman et al. 2020).
void keepTopP(std::span<float> scores, double mass);

/// Keeps the tokens at least `share` times as likely as the likeliest (Nguyen et al. 2024).
void keepMinP(std::span<float> scores, double share);

/// All tokens before the next one.
struct Past {
  std::span<const std::int64_t> tokens;
  std::int64_t unread =
      0;                  ///< the first of them: pads. Transformers counts them among the n-grams, yet not as repeated
  std::int64_t made = 0;  ///< the last of them: new tokens
};

/// The rules that hold however the next token is chosen.
void applyRules(std::span<float> scores, const Past& past, std::span<const std::int64_t> ends,
                const GenerationSettings& settings);

/// The rules of drawing, in transformers' order: temperature, top-k, top-p, min-p.
void shapeForDrawing(std::span<float> scores, const GenerationSettings& settings);

/// The tokens of the highest scores, at most `count`, the highest first and of equal ones the lower id.
[[nodiscard]] std::vector<std::int64_t> likeliestTokens(std::span<const float> scores, std::int64_t count);

/// Logarithm of the sum of exponentials.
[[nodiscard]] double logSumExp(std::span<const float> scores);

}  // namespace rosa::generate
