// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/flat_batch.h"

#include <algorithm>

namespace rosa::data {

FlatBatch makeFlatBatch(const ExampleStore& examples, std::span<const std::int64_t> chosen, TargetKind kind,
                        std::int64_t firstPosition) {
  std::size_t tokens = 0;
  bool segmented = false;
  std::vector<Example> taken;
  taken.reserve(chosen.size());
  for (const std::int64_t index : chosen) {
    const auto& example = taken.emplace_back(examples[static_cast<std::size_t>(index)]);
    tokens += example.tokenIds.size();
    segmented |= std::ranges::any_of(example.segmentIds, [](std::int32_t id) { return id != 0; });
  }

  FlatBatch batch;
  batch.tokenIds.reserve(tokens);
  batch.positionIds.reserve(tokens);
  if (segmented) batch.segmentIds.reserve(tokens);
  if (kind == TargetKind::Tokens) batch.targets.reserve(tokens);
  batch.offsets.reserve(chosen.size() + 1);
  for (const auto& example : taken) {
    const auto length = static_cast<std::int64_t>(example.tokenIds.size());
    batch.tokenIds.insert(batch.tokenIds.end(), example.tokenIds.begin(), example.tokenIds.end());
    for (std::int64_t position = 0; position < length; ++position) {
      batch.positionIds.push_back(firstPosition + position);
    }
    if (segmented) {
      batch.segmentIds.insert(batch.segmentIds.end(), example.segmentIds.begin(), example.segmentIds.end());
      batch.segmentIds.resize(batch.tokenIds.size(), 0);
    }
    switch (kind) {
      case TargetKind::Tokens:
        batch.targets.insert(batch.targets.end(), example.targets.begin(), example.targets.end());
        break;
      case TargetKind::Class:
        batch.targets.push_back(example.label);
        break;
      case TargetKind::Value:
        batch.values.push_back(example.value);
        break;
    }
    batch.targetCount += example.targetCount;
    batch.offsets.push_back(batch.tokens());
  }
  return batch;
}

namespace {

template <typename Value>
std::vector<Value> part(const std::vector<Value>& values, std::int64_t first, std::int64_t end) {
  return {values.begin() + first, values.begin() + end};
}

FlatBatch sequencesOf(const FlatBatch& batch, std::int64_t first, std::int64_t end) {
  const auto begin = batch.offsets[static_cast<std::size_t>(first)];
  const auto stop = batch.offsets[static_cast<std::size_t>(end)];
  FlatBatch piece;
  piece.tokenIds = part(batch.tokenIds, begin, stop);
  piece.positionIds = part(batch.positionIds, begin, stop);
  if (!batch.segmentIds.empty()) piece.segmentIds = part(batch.segmentIds, begin, stop);
  for (auto i = first; i < end; ++i) {
    piece.offsets.push_back(batch.offsets[static_cast<std::size_t>(i) + 1] - begin);
  }
  if (!batch.values.empty()) {
    piece.values = part(batch.values, first, end);
    piece.targetCount = end - first;
  } else if (std::ssize(batch.targets) == batch.tokens()) {
    piece.targets = part(batch.targets, begin, stop);
    piece.targetCount = std::ranges::count_if(piece.targets, [](std::int64_t id) { return id != kNoTarget; });
  } else {
    piece.targets = part(batch.targets, first, end);
    piece.targetCount = end - first;
  }
  piece.place = batch.place;
  piece.place.sequence += first;
  piece.place.token += begin;
  return piece;
}

}  // namespace

std::vector<FlatBatch> splitBatch(const FlatBatch& batch, std::int64_t count) {
  std::vector<FlatBatch> pieces;
  const auto sequences = batch.sequences();
  const auto most = std::clamp<std::int64_t>(count, 1, std::max<std::int64_t>(1, sequences));
  for (std::int64_t i = 0; i < most; ++i) {
    pieces.push_back(sequencesOf(batch, sequences * i / most, sequences * (i + 1) / most));
  }
  return pieces;
}

std::vector<FlatBatch> splitByTokens(const FlatBatch& batch, std::int64_t tokens, std::int64_t tokensBefore) {
  std::vector<FlatBatch> pieces;
  std::int64_t first = 0, taken = 0;
  for (std::int64_t i = 0; i < batch.sequences(); ++i) {
    const auto place = static_cast<std::size_t>(i);
    const auto length = batch.offsets[place + 1] - batch.offsets[place] + tokensBefore;
    if (i > first && taken + length > tokens) {
      pieces.push_back(sequencesOf(batch, first, i));
      first = i;
      taken = 0;
    }
    taken += length;
  }
  pieces.push_back(sequencesOf(batch, first, batch.sequences()));
  return pieces;
}

std::vector<FlatBatch> partOfStep(std::vector<FlatBatch> microBatches, std::int64_t part, std::int64_t parts) {
  std::int64_t tokens = 0;
  for (const auto& batch : microBatches) tokens += batch.tokens();
  // A sequence belongs to the part in which its middle lies.
  const auto partOf = [&](std::int64_t begin, std::int64_t end) { return (begin + end) * parts / (2 * tokens); };
  std::vector<FlatBatch> own;
  std::int64_t before = 0;
  for (auto& batch : microBatches) {
    std::int64_t first = -1, end = -1;
    for (std::int64_t i = 0; i < batch.sequences(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (partOf(before + batch.offsets[at], before + batch.offsets[at + 1]) != part) continue;
      if (first < 0) first = i;
      end = i + 1;
    }
    before += batch.tokens();
    if (first == 0 && end == batch.sequences()) {
      own.push_back(std::move(batch));
    } else if (first >= 0) {
      own.push_back(sequencesOf(batch, first, end));
    }
  }
  return own;
}

}  // namespace rosa::data
