// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/state_mixer.h"

namespace rosa::model {

class AdaptedLinear;

/// LFM2's gated short convolution (Liquid AI 2025, as transformers' Lfm2ShortConv): [B | C | x] = in_proj(h),
/// y = out_proj(C · conv(B · x)). Its state is the last inputs of the convolution.
class ShortConvolution final : public StateMixer {
 public:
  ShortConvolution(ModelParts& parts, const ModelConfig& config, std::size_t layer, const std::string& prefix);
  [[nodiscard]] at::Tensor forward(const at::Tensor& x, const StateStream& stream) override;

 private:
  std::size_t layer_;
  AdaptedLinear* in_;
  AdaptedLinear* out_;
  at::Tensor weight_;  ///< [width, 1, kernel]
  at::Tensor bias_;    ///< [width], or undefined
};

}  // namespace rosa::model
