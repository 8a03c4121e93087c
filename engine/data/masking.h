// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

#include "data/flat_batch.h"

/// Hiding tokens that a model is to guess (arXiv 1810.04805).
namespace rosa::data {

struct Masking {
  double rate = 0.15;           ///< share of the tokens that are to be guessed
  std::int64_t maskId = 0;      ///< stands where most of them stood
  std::int64_t vocabulary = 0;  ///< the ids 0 to vocabulary - 1 stand for some of them
  std::int64_t seed = 0;
};

/// The epoch that stands for validation: its masks are the same at every evaluation.
inline constexpr std::int64_t kValidationEpoch = -1;

/// Draws which of the tokens that have a target are to be guessed, each with probability `rate` and one at least in
/// every sequence that has such a token. Of these 80 % become the mask token, 10 % a random one and 10 % stay; all
/// others lose their target. What is drawn for a sequence follows from seed, epoch and the example's number in its set,
/// `chosen`, alone: not from the batch that it comes in.
void hideTokens(FlatBatch& batch, std::span<const std::int64_t> chosen, const Masking& masking, std::int64_t epoch);

}  // namespace rosa::data
