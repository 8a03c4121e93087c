// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/short_convolution.h"

#include <ATen/ATen.h>

#include "model/model_parts.h"

namespace rosa::model {

ShortConvolution::ShortConvolution(ModelParts& parts, const ModelConfig& config, std::size_t layer,
                                   const std::string& prefix)
    : layer_(layer) {
  const auto& spec = config.decoder;
  const auto width = config.width;
  const auto linear = [&](const char* name, std::int64_t out) {
    return &parts.addLinear(AdaptedLinear::Layout::OutIn, width, {{prefix + name, out}}, spec.convolutionBias, true);
  };
  in_ = linear("in_proj", 3 * width);
  weight_ = parts.addTensor(prefix + "conv.weight", {width, 1, spec.convolutionKernel}, Role::Convolution);
  if (spec.convolutionBias) bias_ = parts.addTensor(prefix + "conv.bias", {width}, Role::Norm);
  out_ = linear("out_proj", width);
}

at::Tensor ShortConvolution::forward(const at::Tensor& x, const StateStream& stream) {
  const auto parts = in_->forward(x).chunk(3, 1);
  auto convolved = stream.convolved(parts[0] * parts[2], weight_, layer_);
  if (bias_.defined()) convolved = convolved + bias_;
  return out_->forward(parts[1] * convolved);
}

}  // namespace rosa::model
