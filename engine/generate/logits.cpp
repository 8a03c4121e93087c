// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/logits.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_set>
#include <vector>

namespace rosa::generate {

namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

/// A score's place; ids beyond the vocabulary (of pads, say) have none.
float* at(std::span<float> scores, std::int64_t token) {
  return token >= 0 && token < std::ssize(scores) ? &scores[static_cast<std::size_t>(token)] : nullptr;
}

}  // namespace

void penaliseRepetition(std::span<float> scores, std::span<const std::int64_t> history, double penalty) {
  const auto factor = static_cast<float>(penalty);
  const std::unordered_set<std::int64_t> tokens(history.begin(), history.end());
  for (const auto token : tokens) {
    if (auto* score = at(scores, token)) *score = *score < 0 ? *score * factor : *score / factor;
  }
}

void banRepeatedNgrams(std::span<float> scores, std::span<const std::int64_t> history, std::int64_t n) {
  const auto before = static_cast<std::size_t>(n - 1);
  if (history.size() < before) return;
  const auto last = history.last(before);
  for (std::size_t i = 0; i + before < history.size(); ++i) {
    if (!std::ranges::equal(history.subspan(i, before), last)) continue;
    if (auto* score = at(scores, history[i + before])) *score = kNever;
  }
}

void banTokens(std::span<float> scores, std::span<const std::int64_t> tokens) {
  for (const auto token : tokens) {
    if (auto* score = at(scores, token)) *score = kNever;
  }
}

void divideByTemperature(std::span<float> scores, double temperature) {
  // Very low temperatures would overflow; only differences to the highest score matter.
  const double highest = *std::ranges::max_element(scores);
  for (auto& score : scores) score = static_cast<float>((score - highest) / temperature);
}

void keepTopK(std::span<float> scores, std::int64_t k) {
  if (k >= std::ssize(scores)) return;
  std::vector<float> sorted(scores.begin(), scores.end());
  const auto kth = sorted.begin() + (k - 1);
  std::nth_element(sorted.begin(), kth, sorted.end(), std::greater<>());
  for (auto& score : scores) {
    if (score < *kth) score = kNever;
  }
}

void keepTopP(std::span<float> scores, double mass) {
  if (mass >= 1) return;
  const double total = logSumExp(scores);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] > kNever) order.push_back(i);
  }
  const auto likelier = [&](std::size_t a, std::size_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  };
  // The nucleus is small as a rule: sorted piece by piece, as far as it goes.
  double sum = 0;
  std::size_t kept = 0;
  for (std::size_t sorted = 0, piece = 64; sorted < order.size() && sum < mass; piece *= 4) {
    const auto end = std::min(order.size(), sorted + piece);
    std::partial_sort(order.begin() + static_cast<std::ptrdiff_t>(sorted),
                      order.begin() + static_cast<std::ptrdiff_t>(end), order.end(), likelier);
    for (sorted = end; kept < end && sum < mass; ++kept) sum += std::exp(scores[order[kept]] - total);
  }
  for (auto i = std::max<std::size_t>(kept, 1); i < order.size(); ++i) scores[order[i]] = kNever;
}

void keepMinP(std::span<float> scores, double share) {
  if (share <= 0) return;
  const double least = *std::ranges::max_element(scores) + std::log(share);
  for (auto& score : scores) {
    if (score < least) score = kNever;
  }
}

void applyRules(std::span<float> scores, const Past& past, std::span<const std::int64_t> ends,
                const GenerationSettings& settings) {
  if (settings.repetitionPenalty != 1) {
    penaliseRepetition(scores, past.tokens.subspan(static_cast<std::size_t>(past.unread)), settings.repetitionPenalty);
  }
  if (settings.noRepeatNgram > 0) {
    const auto counted = settings.ngramsOfPrompt ? past.tokens : past.tokens.last(static_cast<std::size_t>(past.made));
    banRepeatedNgrams(scores, counted, settings.noRepeatNgram);
  }
  if (past.made < settings.minNewTokens) banTokens(scores, ends);
}

void shapeForDrawing(std::span<float> scores, const GenerationSettings& settings) {
  divideByTemperature(scores, settings.temperature);
  if (settings.topK > 0) keepTopK(scores, settings.topK);
  keepTopP(scores, settings.topP);
  keepMinP(scores, settings.minP);
}

std::vector<std::int64_t> likeliestTokens(std::span<const float> scores, std::int64_t count) {
  std::vector<std::int64_t> ids(scores.size());
  std::iota(ids.begin(), ids.end(), 0);
  const auto end = ids.begin() + std::min(count, std::ssize(ids));
  std::partial_sort(ids.begin(), end, ids.end(), [&](std::int64_t a, std::int64_t b) {
    const auto left = scores[static_cast<std::size_t>(a)];
    const auto right = scores[static_cast<std::size_t>(b)];
    return left != right ? left > right : a < b;
  });
  ids.erase(end, ids.end());
  return ids;
}

double logSumExp(std::span<const float> scores) {
  const double highest = *std::ranges::max_element(scores);
  double sum = 0;
  for (const auto score : scores) sum += std::exp(score - highest);
  return highest + std::log(sum);
}

}  // namespace rosa::generate
