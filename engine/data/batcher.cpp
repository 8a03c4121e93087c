// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/batcher.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "data/order.h"

namespace rosa::data {

std::int64_t Batcher::batchesPerEpoch() const {
  return (std::ssize(examples_) + options_.batch - 1) / options_.batch;
}

FlatBatch Batcher::batch(std::int64_t epoch, std::int64_t index) const {
  DataPosition position{epoch, index * options_.batch};
  return next(position);
}

FlatBatch Batcher::next(DataPosition& position) const {
  assert(position.example >= 0 && position.example < std::ssize(examples_));
  const auto rest = orderOf(position.epoch).subspan(static_cast<std::size_t>(position.example));
  const auto taken = rest.first(std::min(rest.size(), static_cast<std::size_t>(options_.batch)));
  auto batch = made(taken, position.epoch);
  position.example += std::ssize(taken);
  if (position.example == std::ssize(examples_)) position = {position.epoch + 1, 0};
  return batch;
}

FlatBatch Batcher::longest(std::int64_t count) const {
  std::vector<std::int64_t> chosen(examples_.size());
  std::iota(chosen.begin(), chosen.end(), std::int64_t{0});
  std::ranges::stable_sort(chosen, std::greater(), [this](std::int64_t index) {
    return examples_[static_cast<std::size_t>(index)].tokenIds.size();
  });
  chosen.resize(std::min(chosen.size(), static_cast<std::size_t>(count)));
  return made(chosen, 0);
}

FlatBatch Batcher::made(std::span<const std::int64_t> chosen, std::int64_t epoch) const {
  auto batch = makeFlatBatch(examples_, chosen, kind_, options_.firstPosition);
  if (options_.masking) hideTokens(batch, chosen, *options_.masking, epoch);
  return batch;
}

std::span<const std::int64_t> Batcher::orderOf(std::int64_t epoch) const {
  const bool known = orderEpoch_ == epoch || (!options_.shuffle && orderEpoch_ >= 0);
  if (!known) {
    if (options_.shuffle) {
      order_ = shuffledOrder(std::ssize(examples_), options_.seed, epoch);
    } else {
      order_.resize(examples_.size());
      std::iota(order_.begin(), order_.end(), std::int64_t{0});
    }
    orderEpoch_ = epoch;
  }
  return order_;
}

}  // namespace rosa::data
