// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/decoder_spec.h"
#include "model/state_mixer.h"

namespace rosa::model {

class AdaptedLinear;
struct Norm;

/// Qwen3.5's linear attention (transformers' Qwen3_5GatedDeltaNet): queries, keys and values go through one short
/// convolution and silu, the gated delta rule reads them, and its result is normalised head by head and gated. Its
/// state is the convolution's last inputs and each head's memory.
class GatedDelta final : public StateMixer {
 public:
  GatedDelta(ModelParts& parts, const ModelConfig& config, std::size_t layer, const std::string& prefix);
  [[nodiscard]] at::Tensor forward(const at::Tensor& x, const StateStream& stream) override;

 private:
  std::size_t layer_;
  DeltaShape shape_;
  AdaptedLinear* in_;  ///< queries, keys, values | gates of the result | b | a
  AdaptedLinear* out_;
  at::Tensor convolution_;  ///< [queries + keys + values, 1, kernel]
  at::Tensor decayLog_;     ///< [value heads]
  at::Tensor timeBias_;     ///< [value heads]
  Norm* norm_;
};

}  // namespace rosa::model
