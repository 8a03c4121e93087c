// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/causal_convolution.h"
#include "model/delta_rule.h"
#include "model/key_value_cache.h"

namespace rosa::model {

class ModelParts;
struct ModelConfig;

/// What all layers with state of one pass share.
struct StateStream {
  HistoryRows rows;    ///< where the stream's sequences lie
  DeltaChunks chunks;  ///< how delta rules cut them, where the model has such
  /// Whose states the sequences go on from and leave behind; null where all of them begin and nothing is kept.
  std::vector<KeyValueCache::Part>* parts = nullptr;

  /// `causalConvolution` of the sequences, which go on from their histories in `layer` where the pass keeps states.
  [[nodiscard]] at::Tensor convolved(const at::Tensor& x, const at::Tensor& weight, std::size_t layer) const;
  /// `gatedDeltaRule` of them, likewise.
  [[nodiscard]] at::Tensor remembered(const DeltaInput& input, std::size_t layer) const;
};

/// What mixes a layer's tokens in place of attention: reads a sequence from its beginning on and carries a state of
/// fixed size along. Every sequence of a flat stream starts anew.
class StateMixer {
 public:
  virtual ~StateMixer() = default;
  /// x [tokens, width] -> [tokens, width]. Under autograd where enabled and no states are kept.
  [[nodiscard]] virtual at::Tensor forward(const at::Tensor& x, const StateStream& stream) = 0;
};

/// The mixer that `config` has in `layer`, its tensors added to `parts` behind `block`, the block's names; null for
/// attention.
[[nodiscard]] std::unique_ptr<StateMixer> makeStateMixer(ModelParts& parts, const ModelConfig& config,
                                                         std::size_t layer, const std::string& block);

}  // namespace rosa::model
