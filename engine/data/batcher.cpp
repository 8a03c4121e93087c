// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/batcher.h"

#include <utility>
#include <vector>

namespace rosa::data {

namespace {

std::vector<std::int32_t> lengthsOf(const ExampleStore& examples) {
  std::vector<std::int32_t> lengths(examples.size());
  for (std::size_t i = 0; i < lengths.size(); ++i) lengths[i] = examples.length(i);
  return lengths;
}

}  // namespace

Batcher::Batcher(ExampleStore examples, TargetKind kind, const BatchOptions& options)
    : examples_(std::move(examples)),
      kind_(kind),
      firstPosition_(options.firstPosition),
      masking_(options.masking),
      plan_(lengthsOf(examples_), options) {}

FlatBatch Batcher::made(std::span<const std::int64_t> chosen, std::int64_t epoch) const {
  auto batch = makeFlatBatch(examples_, chosen, kind_, firstPosition_);
  if (masking_) hideTokens(batch, chosen, *masking_, epoch);
  return batch;
}

FlatBatch Batcher::batch(std::int64_t epoch, std::int64_t index) const {
  return made(plan_.batch(epoch, index), epoch);
}

FlatBatch Batcher::next(DataPosition& position) const {
  const auto taken = plan_.from(position);
  auto batch = made(taken, position.epoch);
  position.example += std::ssize(taken);
  if (position.example == plan_.examples()) position = {position.epoch + 1, 0};
  return batch;
}

FlatBatch Batcher::longest(std::int64_t count) const {
  return made(plan_.longest(count), 0);
}

FlatBatch Batcher::fullest(std::int64_t tokens) const {
  return made(plan_.fullest(tokens), 0);
}

}  // namespace rosa::data
