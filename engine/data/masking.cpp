// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/masking.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "data/example.h"
#include "data/split_mix.h"

namespace rosa::data {

namespace {

constexpr double kHidden = 0.8, kReplaced = 0.1;

/// What the model sees in place of a token that it is to guess.
std::int64_t shownFor(std::int64_t token, const Masking& masking, SplitMix& random) {
  const double draw = random.share();
  if (draw < kHidden) return masking.maskId;
  if (draw >= kHidden + kReplaced) return token;
  return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(masking.vocabulary)));
}

}  // namespace

void hideTokens(FlatBatch& batch, std::span<const std::int64_t> chosen, const Masking& masking, std::int64_t epoch) {
  batch.targetCount = 0;
  // Places of one sequence's tokens: those that may be hidden, those of them that are to be guessed.
  std::vector<std::size_t> ordinary, guessed;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    SplitMix random(hashOf(static_cast<std::int64_t>(hashOf(masking.seed, epoch)), chosen[i]));
    ordinary.clear();
    for (auto place = batch.offsets[i]; place < batch.offsets[i + 1]; ++place) {
      if (batch.targets[static_cast<std::size_t>(place)] != kNoTarget) {
        ordinary.push_back(static_cast<std::size_t>(place));
      }
    }
    if (ordinary.empty()) continue;
    guessed.clear();
    std::ranges::copy_if(ordinary, std::back_inserter(guessed), [&](auto) { return random.share() < masking.rate; });
    if (guessed.empty()) guessed.push_back(ordinary[random.below(ordinary.size())]);
    auto next = guessed.begin();
    for (const auto place : ordinary) {
      if (next != guessed.end() && *next == place) {
        batch.tokenIds[place] = shownFor(batch.tokenIds[place], masking, random);
        ++next;
      } else {
        batch.targets[place] = kNoTarget;
      }
    }
    batch.targetCount += std::ssize(guessed);
  }
}

}  // namespace rosa::data
