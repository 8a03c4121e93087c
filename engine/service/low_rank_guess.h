// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

/// A matrix near the one that training made of another: ROSA and LoRA change W by a sum of products of thin matrices,
/// so that two thin factors say most of the change, and only what rounds is left to be told number by number.
///
/// The factors are whole numbers, and one of them is taken in two halves, so that every sum in their products is exact
/// in double precision: the guess has the same bits on every machine and with every library.
namespace rosa::service {

struct LowRankGuess {
  at::Tensor left;   ///< int32 [rank, rows]
  at::Tensor right;  ///< int32 [rank, columns]
  int exponent = 0;  ///< the change is left^T right 2^exponent

  [[nodiscard]] std::int64_t rank() const { return left.size(0); }
};

/// Whether such factors can be made into a guess at all: the sums of its products are exact.
[[nodiscard]] bool isExact(const LowRankGuess& guess);

/// Factors of target - base, both fp64 [rows, columns], as many and as fine as pay where numbers of `type` are told;
/// nothing where none do. Takes O(rows columns min(rows, columns)).
[[nodiscard]] std::optional<LowRankGuess> guessChange(const at::Tensor& base, const at::Tensor& target,
                                                      at::ScalarType type);

/// base (fp64) and the change in `type`, of an exact guess.
[[nodiscard]] at::Tensor guessed(const at::Tensor& base, const LowRankGuess& guess, at::ScalarType type);

}  // namespace rosa::service
