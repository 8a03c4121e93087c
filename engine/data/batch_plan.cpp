// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/batch_plan.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <ranges>
#include <utility>

#include "data/order.h"

namespace rosa::data {

BatchPlan::BatchPlan(std::vector<std::int32_t> lengths, const BatchOptions& options)
    : lengths_(std::move(lengths)), options_(options) {}

std::int64_t BatchPlan::batches(std::int64_t epoch) const {
  if (options_.tokens == 0) return (examples() + options_.batch - 1) / options_.batch;
  divide(epoch);
  return std::ssize(starts_) - 1;
}

std::span<const std::int64_t> BatchPlan::batch(std::int64_t epoch, std::int64_t index) const {
  if (options_.tokens == 0) return from({epoch, index * options_.batch});
  divide(epoch);
  return from({epoch, starts_[static_cast<std::size_t>(index)]});
}

std::span<const std::int64_t> BatchPlan::from(const DataPosition& position) const {
  assert(position.example >= 0 && position.example < examples());
  divide(position.epoch);
  const auto rest = std::span<const std::int64_t>(order_).subspan(static_cast<std::size_t>(position.example));
  return rest.first(static_cast<std::size_t>(sizeOf(rest)));
}

std::int64_t BatchPlan::sizeOf(std::span<const std::int64_t> rest) const {
  if (options_.tokens == 0) return std::min(std::ssize(rest), options_.batch);
  std::int64_t tokens = 0, count = 0;
  for (const auto example : rest) {
    tokens += lengthOf(example);
    if (count > 0 && tokens > options_.tokens) break;
    ++count;
  }
  return count;
}

void BatchPlan::divide(std::int64_t epoch) const {
  if (epoch_ == epoch || (!changes() && epoch_)) return;
  if (options_.shuffle) {
    order_ = shuffledOrder(examples(), options_.seed, epoch);
  } else {
    order_.resize(static_cast<std::size_t>(examples()));
    std::iota(order_.begin(), order_.end(), std::int64_t{0});
  }
  if (!options_.mix.empty()) {
    const auto rows = rowsOfEpoch(options_.mix, options_.seed, epoch);
    for (auto& place : order_) place = rows[static_cast<std::size_t>(place)];
  }
  epoch_ = epoch;
  starts_.assign(1, 0);
  if (options_.tokens == 0) return;
  for (std::span<const std::int64_t> rest = order_; !rest.empty();) {
    const auto size = sizeOf(rest);
    starts_.push_back(starts_.back() + size);
    rest = rest.subspan(static_cast<std::size_t>(size));
  }
}

std::vector<std::int64_t> BatchPlan::longest(std::int64_t count) const {
  std::vector<std::int64_t> chosen(std::min(lengths_.size(), static_cast<std::size_t>(count)));
  const auto before = [this](std::int64_t a, std::int64_t b) {
    return lengthOf(a) != lengthOf(b) ? lengthOf(a) > lengthOf(b) : a < b;
  };
  std::ranges::partial_sort_copy(std::views::iota(std::int64_t{0}, std::ssize(lengths_)), chosen, before);
  return chosen;
}

std::vector<std::int64_t> BatchPlan::fullest(std::int64_t tokens) const {
  std::vector<std::int64_t> chosen;
  for (const auto example : longest(std::ssize(lengths_))) {
    if (!chosen.empty() && lengthOf(example) > tokens) continue;
    chosen.push_back(example);
    tokens -= lengthOf(example);
  }
  return chosen;
}

}  // namespace rosa::data
