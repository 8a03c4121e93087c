// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/batcher.h"

#include <vector>

namespace rosa::data {

namespace {

std::vector<std::int32_t> lengthsOf(std::span<const Example> examples) {
  std::vector<std::int32_t> lengths;
  lengths.reserve(examples.size());
  for (const auto& example : examples) lengths.push_back(static_cast<std::int32_t>(example.tokenIds.size()));
  return lengths;
}

}  // namespace

Batcher::Batcher(std::span<const Example> examples, TargetKind kind, const BatchOptions& options)
    : examples_(examples),
      kind_(kind),
      firstPosition_(options.firstPosition),
      masking_(options.masking),
      plan_(lengthsOf(examples), options) {}

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
