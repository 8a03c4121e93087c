// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/movement_watch.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace rosa::train {

namespace {

/// So much of a tensor at a time, in elements: the copies must not show in the run's memory.
constexpr std::int64_t kPiece = std::int64_t{1} << 15;

at::ScalarType bitsOf(const at::Tensor& tensor) {
  switch (tensor.element_size()) {
    case 2:
      return at::kShort;
    case 4:
      return at::kInt;
    default:
      return at::kLong;
  }
}

/// Of the bits, each element's times an odd number of its own: another bit anywhere gives another sum (modulo 2^64).
std::int64_t sumOfBits(const at::Tensor& value) {
  const auto flat = value.detach().as_strided({value.numel()}, {1}).view(bitsOf(value));
  std::int64_t sum = 0;
  for (std::int64_t first = 0; first < flat.numel(); first += kPiece) {
    const auto count = std::min(kPiece, flat.numel() - first);
    const auto factors = at::arange(first, first + count, flat.options().dtype(at::kLong)).mul_(2).add_(1);
    const auto part = factors.mul_(flat.narrow(0, first, count)).sum().item<std::int64_t>();
    sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) + static_cast<std::uint64_t>(part));
  }
  return sum;
}

std::vector<std::int64_t> sumsOf(const adapt::ParameterList& parameters) {
  const at::NoGradGuard noGrad;
  std::vector<std::int64_t> sums;
  for (const auto* parameter : parameters) sums.push_back(sumOfBits(parameter->value));
  return sums;
}

}  // namespace

MovementWatch::MovementWatch(const adapt::ParameterList& parameters, const Counts& counts)
    : parameters_(parameters),
      interval_(std::min(counts.evalEvery > 0 ? counts.evalEvery : counts.stepsPerEpoch, kLongestInterval)),
      sums_(sumsOf(parameters)) {}

std::optional<std::string> MovementWatch::afterStep(const StepFacts& facts, double rate, double nextRate, bool last) {
  if (settled_ || !facts.applied) return std::nullopt;
  ++applied_;
  largestRate_ = std::max(largestRate_, rate);
  largestLoss_ = std::max(largestLoss_, std::abs(facts.loss));
  if (!last && (applied_ < interval_ || nextRate > rate)) return std::nullopt;
  settled_ = true;
  if (moved()) return std::nullopt;
  const auto start = fmt::format(
      "Nothing has moved in the first {} steps: everything that trains is bit for bit as it began, ", facts.step);
  if (largestLoss_ == 0) {
    return start +
           "because the loss was 0 in each of them. Look whether the rows keep what is to be learned (max-length, "
           "completion), and whether there is anything left to learn.";
  }
  return start + fmt::format(
                     "with a learning rate of at most {:.3g} and a gradient norm of {:.3g}. Choose a higher learning "
                     "rate (lr), or a schedule and warm-up that let it rise.",
                     largestRate_, facts.gradientNorm);
}

void MovementWatch::beforeResample() {
  settled_ = settled_ || moved();
}

void MovementWatch::afterResample() {
  if (!settled_) sums_ = sumsOf(parameters_);
}

bool MovementWatch::moved() const {
  return sumsOf(parameters_) != sums_;
}

}  // namespace rosa::train
