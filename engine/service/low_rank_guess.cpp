// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/low_rank_guess.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace rosa::service {

namespace {

/// Beyond this the eigenvectors take too long for a file.
constexpr std::int64_t kLargestSide = 4096;

/// Bits of a normal number's fraction, the leading one included.
int digitsOf(at::ScalarType type) {
  return type == at::kBFloat16 ? 8 : type == at::kHalf ? 11 : 24;
}

/// What one of many normal numbers of this deviation takes, told in whole steps: its entropy, near enough.
double bitsOf(double steps) {
  constexpr double kTwoPiE = 17.08;
  return 0.5 * std::log2(1 + kTwoPiE * steps * steps);
}

struct Choice {
  std::int64_t rank = 0;
  double rest = 0;  ///< root mean square of what that many factors leave out, in steps
};

/// The rank at which factors and what they leave out take the least; `sigma`: the change's singular values.
Choice bestRank(const at::Tensor& sigma, std::int64_t rows, std::int64_t columns, double step) {
  const auto numbers = static_cast<double>(rows * columns);
  const auto inSteps = [&](double squares) { return std::sqrt(squares / numbers) / step; };
  double squares = sigma.square().sum().item<double>();
  constexpr double kBitsOfTwoParts = 1024;  // with their places in the file
  double least = numbers * bitsOf(inSteps(squares)) - kBitsOfTwoParts;
  double factors = 0, sum = 0;
  Choice best;
  for (std::int64_t rank = 1; rank <= sigma.numel(); ++rank) {
    const double value = sigma[rank - 1].item<double>();
    squares = std::max(0.0, squares - value * value);
    sum += value;
    // A column of each factor. All are told in the same steps, which are as fine as the largest ask for.
    factors += static_cast<double>(rows + columns) * bitsOf(inSteps(value * sum));
    const double bits = factors + numbers * bitsOf(inSteps(squares));
    if (bits < least) {
      least = bits;
      best = {rank, inSteps(squares)};
    }
  }
  return best;
}

/// The power of two whose multiples stand for the numbers of one factor, where those of the other are `other` long.
int exponentFor(const at::Tensor& other, double step) {
  const double length = std::sqrt(other.square().sum().item<double>() / static_cast<double>(other.size(1)));
  return static_cast<int>(std::floor(std::log2(step / std::max(length, 1e-300))));
}

/// Of a left factor: what it is a multiple of in its high half.
constexpr double kHalf = 0x1p16;

at::Tensor wholes(const at::Tensor& factor, int exponent) {
  return factor.mul(std::ldexp(1.0, -exponent)).round();
}

}  // namespace

bool isExact(const LowRankGuess& guess) {
  constexpr double kExact = 0x1p53;
  if (guess.rank() == 0 || guess.left.numel() == 0 || guess.right.numel() == 0) return false;
  const double largest = guess.right.to(at::kDouble).abs().max().item<double>();
  const double product = kHalf * largest * static_cast<double>(guess.rank());
  // Beyond these a power of two is itself no exact double any more.
  constexpr int kFarthest = 900;
  return product < kExact && std::abs(guess.exponent) < kFarthest;
}

std::optional<LowRankGuess> guessChange(const at::Tensor& base, const at::Tensor& target, at::ScalarType type) {
  const std::int64_t rows = base.size(0), columns = base.size(1);
  if (std::min(rows, columns) < 2 || std::min(rows, columns) > kLargestSide) return std::nullopt;
  const double step = std::sqrt(target.square().mean().item<double>()) * std::ldexp(1.0, -digitsOf(type));
  const auto whole = target.sub(base);
  if (!std::isfinite(step) || step == 0 || !whole.isfinite().all().item<bool>()) return std::nullopt;
  const bool flat = rows <= columns;
  const auto change = flat ? whole : whole.t();
  const auto [values, vectors] = at::linalg_eigh(change.mm(change.t()));
  const auto energies = values.flip(0).clamp_min(0);
  const auto choice = bestRank(energies.sqrt(), rows, columns, step);
  const auto rank = choice.rank;
  if (rank == 0) return std::nullopt;
  const auto share = energies.narrow(0, 0, rank).pow(0.25).clamp_min(1e-150).unsqueeze(1);
  const auto directions = vectors.flip(1).narrow(1, 0, rank).t();
  const auto one = directions.mul(share);
  const auto other = directions.mm(change).div(share);
  const auto& left = flat ? one : other;
  const auto& right = flat ? other : one;
  // Finer than what is left to tell all the same, the factors would say nothing more.
  const double told = step * std::max(0.5, choice.rest);
  const int ofLeft = exponentFor(right, told), ofRight = exponentFor(left, told);
  constexpr double kLargest = 0x1p31;
  const auto wholeLeft = wholes(left, ofLeft), wholeRight = wholes(right, ofRight);
  if (std::max(wholeLeft.abs().max().item<double>(), wholeRight.abs().max().item<double>()) >= kLargest) {
    return std::nullopt;
  }
  LowRankGuess guess{wholeLeft.to(at::kInt).contiguous(), wholeRight.to(at::kInt).contiguous(), ofLeft + ofRight};
  if (!isExact(guess)) return std::nullopt;
  return guess;
}

at::Tensor guessed(const at::Tensor& base, const LowRankGuess& guess, at::ScalarType type) {
  const auto left = guess.left.to(at::kDouble).t();
  const auto right = guess.right.to(at::kDouble);
  const auto high = left.div(kHalf).round();
  const auto product = high.mm(right).mul_(kHalf).add_(left.sub(high.mul(kHalf)).mm(right));
  return product.mul_(std::ldexp(1.0, guess.exponent)).add_(base).to(type).contiguous();
}

}  // namespace rosa::service
