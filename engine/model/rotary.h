// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include "model/model_config.h"

namespace rosa::model {

/// Rotary position embeddings in the rotate-half layout of Hugging Face checkpoints (Su et al. 2021).
class Rotary {
 public:
  Rotary(const RopeConfig& config, std::int64_t headDim, c10::Device device);

  struct Table {
    at::Tensor cosine, sine;  ///< fp32 [tokens, 1, headDim / 2]
  };
  [[nodiscard]] Table table(const at::Tensor& positionIds) const;

  /// Turns x [tokens, heads, headDim] (may be a strided view) in place by its positions' angles, or back again.
  static void turn(const at::Tensor& x, const Table& table, bool back);

 private:
  at::Tensor frequencies_;  ///< fp32 [headDim / 2]
};

}  // namespace rosa::model
