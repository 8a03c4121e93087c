// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/layer_state.h"

namespace rosa::model {

/// Keys and values of the tokens that a decoder has seen, for any number of sequences, and the states of layers that
/// keep such in their place.
///
/// A sequence's tokens lie in blocks of a pool that all share, as in paged attention (Kwon et al. 2023): no sequence is
/// padded to another's length, an ended one gives its blocks back, and a fork (the beams of one prompt) shares the
/// blocks of its beginning and copies only one that it writes to. Used by one thread.
class KeyValueCache {
 public:
  using Sequence = std::int64_t;
  static constexpr std::int64_t kBlockTokens = 16;

  /// A new sequence, without tokens.
  [[nodiscard]] Sequence add();
  /// Another sequence with the same tokens.
  [[nodiscard]] Sequence fork(Sequence sequence);
  void drop(Sequence sequence);
  /// Tokens in a sequence.
  [[nodiscard]] std::int64_t length(Sequence sequence) const { return sequences_.at(sequence).length; }
  /// Leaves a sequence without tokens in the layers; what is remembered of it stays.
  void clear(Sequence sequence);
  /// Token ids of a sequence, for decoders that may have to compute them again: appends, and gives all, int64 [tokens].
  void remember(Sequence sequence, const at::Tensor& tokenIds);
  [[nodiscard]] at::Tensor remembered(Sequence sequence) const { return sequences_.at(sequence).tokenIds; }
  [[nodiscard]] std::int64_t blocksInUse() const { return blocks_ - static_cast<std::int64_t>(free_.size()); }

  // For the decoder and its attention.
  struct Shape {
    std::int64_t heads = 0, headDim = 0;  ///< of a layer's keys and values; 0 heads: another's, or it keeps a state
  };
  struct Layer {
    at::Tensor keys, values;  ///< [blocks, heads, kBlockTokens, headDim], keys already turned
  };
  /// What one sequence gets in the pass that goes on.
  struct Part {
    std::int64_t begin = 0, added = 0;  ///< its tokens in the batch
    std::int64_t length = 0;            ///< tokens before them
    std::vector<std::int64_t> blocks;   ///< of the pool, room for the added tokens included
    std::vector<LayerState> states;     ///< one a layer: before the added tokens, and then behind them
  };
  /// Makes room for the tokens of a batch, whose i-th sequence continues `sequences[i]`.
  void begin(const std::vector<Sequence>& sequences, const std::vector<std::int64_t>& offsets,
             const std::vector<Shape>& layers, const at::TensorOptions& options);
  [[nodiscard]] std::vector<Part>& parts() { return parts_; }
  [[nodiscard]] Layer& layer(std::size_t index) { return layers_[index]; }
  /// The tokens that `begin` made room for are in every layer, their states in the parts.
  void commit();

 private:
  struct Entry {
    std::vector<std::int64_t> blocks;
    std::int64_t length = 0;
    std::vector<LayerState> states;  ///< empty before the first token
    at::Tensor tokenIds;             ///< undefined where none was remembered
  };

  [[nodiscard]] std::int64_t takeBlock();
  void giveBack(std::int64_t block);
  void growPool(const std::vector<Shape>& layers, const at::TensorOptions& options);

  std::unordered_map<Sequence, Entry> sequences_;
  Sequence nextSequence_ = 0;
  std::vector<Layer> layers_;
  std::int64_t blocks_ = 0;  ///< in the pool
  std::vector<int> users_;   ///< sequences that hold a block
  std::vector<std::int64_t> free_;
  std::vector<Sequence> passing_;
  std::vector<Part> parts_;
};

}  // namespace rosa::model
