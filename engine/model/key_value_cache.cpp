// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/key_value_cache.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

namespace rosa::model {

namespace {

std::int64_t blocksFor(std::int64_t tokens) {
  return (tokens + KeyValueCache::kBlockTokens - 1) / KeyValueCache::kBlockTokens;
}

}  // namespace

KeyValueCache::Sequence KeyValueCache::add() {
  sequences_.emplace(nextSequence_, Entry{});
  return nextSequence_++;
}

KeyValueCache::Sequence KeyValueCache::fork(Sequence sequence) {
  auto copy = sequences_.at(sequence);
  for (const auto block : copy.blocks) ++users_[static_cast<std::size_t>(block)];
  sequences_.emplace(nextSequence_, std::move(copy));
  return nextSequence_++;
}

void KeyValueCache::drop(Sequence sequence) {
  for (const auto block : sequences_.at(sequence).blocks) giveBack(block);
  sequences_.erase(sequence);
}

void KeyValueCache::clear(Sequence sequence) {
  auto& entry = sequences_.at(sequence);
  for (const auto block : entry.blocks) giveBack(block);
  entry.blocks.clear();
  entry.states.clear();
  entry.length = 0;
}

void KeyValueCache::remember(Sequence sequence, const at::Tensor& tokenIds) {
  auto& all = sequences_.at(sequence).tokenIds;
  all = all.defined() ? at::cat({all, tokenIds}) : tokenIds.clone();
}

void KeyValueCache::begin(const std::vector<Sequence>& sequences, const std::vector<std::int64_t>& offsets,
                          const std::vector<Shape>& layers, const at::TensorOptions& options) {
  passing_ = sequences;
  parts_.clear();
  std::vector<std::int64_t> from, to;  // blocks to be copied
  std::int64_t needed = 0;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const auto& entry = sequences_.at(sequences[i]);
    needed += blocksFor(entry.length + offsets[i + 1] - offsets[i]) - std::ssize(entry.blocks) + 1;
  }
  if (layers_.empty()) layers_.resize(layers.size());
  while (std::ssize(free_) < needed) growPool(layers, options);
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    auto& entry = sequences_.at(sequences[i]);
    const auto added = offsets[i + 1] - offsets[i];
    // The last block is written to, so it must be this sequence's own.
    if (entry.length % kBlockTokens != 0 && users_[static_cast<std::size_t>(entry.blocks.back())] > 1) {
      from.push_back(entry.blocks.back());
      giveBack(entry.blocks.back());
      to.push_back(entry.blocks.back() = takeBlock());
    }
    while (std::ssize(entry.blocks) < blocksFor(entry.length + added)) entry.blocks.push_back(takeBlock());
    parts_.push_back({offsets[i], added, entry.length, entry.blocks, entry.states});
    parts_.back().states.resize(layers.size());
  }
  if (from.empty()) return;
  const auto sources = at::tensor(from, at::kLong).to(options.device());
  const auto targets = at::tensor(to, at::kLong).to(options.device());
  for (auto& layer : layers_) {
    if (!layer.keys.defined()) continue;
    layer.keys.index_copy_(0, targets, layer.keys.index_select(0, sources));
    layer.values.index_copy_(0, targets, layer.values.index_select(0, sources));
  }
}

void KeyValueCache::commit() {
  for (std::size_t i = 0; i < passing_.size(); ++i) {
    auto& entry = sequences_.at(passing_[i]);
    entry.length += parts_[i].added;
    entry.states = std::move(parts_[i].states);
  }
}

std::int64_t KeyValueCache::takeBlock() {
  const auto block = free_.back();
  free_.pop_back();
  users_[static_cast<std::size_t>(block)] = 1;
  return block;
}

void KeyValueCache::giveBack(std::int64_t block) {
  if (--users_[static_cast<std::size_t>(block)] == 0) free_.push_back(block);
}

void KeyValueCache::growPool(const std::vector<Shape>& layers, const at::TensorOptions& options) {
  const auto blocks = std::max<std::int64_t>(8, 2 * blocks_);
  const auto grown = [&](const at::Tensor& old, const Shape& shape) {
    auto larger = at::empty({blocks, shape.heads, kBlockTokens, shape.headDim}, options);
    if (old.defined()) larger.narrow(0, 0, blocks_).copy_(old);
    return larger;
  };
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (layers[i].heads == 0) continue;
    layers_[i].keys = grown(layers_[i].keys, layers[i]);
    layers_[i].values = grown(layers_[i].values, layers[i]);
  }
  users_.resize(static_cast<std::size_t>(blocks), 0);
  for (auto block = blocks; block-- > blocks_;) free_.push_back(block);
  blocks_ = blocks;
}

}  // namespace rosa::model
