// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "model/model_parts.h"

namespace rosa::model {

/// What every layer is given of each token beside the residual stream, as Gemma 4's per-layer embeddings: a row of a
/// table that holds all layers' side by side, joined with a projection of the token's embedding.
class LayerInputs {
 public:
  LayerInputs(ModelParts& parts, const ModelConfig& config);

  /// [rows, layers, size] for tokens `ids` [rows] whose scaled embeddings are `embedded` [rows, width].
  [[nodiscard]] at::Tensor of(const at::Tensor& ids, const at::Tensor& embedded) const;

 private:
  const at::Tensor& anchor_;
  std::int64_t layers_, size_;
  Embedding* table_;
  AdaptedLinear* projection_;
  Norm* norm_;
};

/// How a block takes its input in: norm(P(act(G x) * input)), a branch of its own behind the MLP.
class LayerInputBranch {
 public:
  /// `prefix` is the block's.
  LayerInputBranch(ModelParts& parts, const ModelConfig& config, const std::string& prefix);

  /// x [rows, width], input [rows, size]; returns what is added to x.
  [[nodiscard]] at::Tensor forward(const at::Tensor& x, const at::Tensor& input) const;

 private:
  Activation activation_;
  AdaptedLinear* gate_;
  AdaptedLinear* out_;
  Norm* norm_;
};

}  // namespace rosa::model
