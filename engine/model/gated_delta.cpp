// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/gated_delta.h"

#include <ATen/ATen.h>

#include "model/model_parts.h"

namespace rosa::model {

GatedDelta::GatedDelta(ModelParts& parts, const ModelConfig& config, std::size_t layer, const std::string& prefix)
    : layer_(layer), shape_(config.decoder.delta) {
  const auto& spec = config.decoder;
  const auto layout = AdaptedLinear::Layout::OutIn;
  const auto heads = shape_.valueHeads;
  decayLog_ = parts.addTensor(prefix + "A_log", {heads}, Role::DecayLog);
  timeBias_ = parts.addTensor(prefix + "dt_bias", {heads}, Role::Norm, 1);
  convolution_ =
      parts.addTensor(prefix + "conv1d.weight", {shape_.mixed(), 1, spec.convolutionKernel}, Role::Convolution);
  in_ = &parts.addLinear(layout, config.width,
                         {{prefix + "in_proj_qkv", shape_.mixed()},
                          {prefix + "in_proj_z", shape_.values()},
                          {prefix + "in_proj_b", heads},
                          {prefix + "in_proj_a", heads}},
                         false, true);
  norm_ = &parts.addNorm(prefix + "norm", shape_.valueSize, NormKind::Rms, config.normEpsilon);
  out_ = &parts.addLinear(layout, shape_.values(), {{prefix + "out_proj", config.width}}, false, true);
}

at::Tensor GatedDelta::forward(const at::Tensor& x, const StateStream& stream) {
  const auto heads = shape_.valueHeads;
  const auto parts = in_->forward(x).split_with_sizes({shape_.mixed(), shape_.values(), heads, heads}, 1);
  const auto mixed = at::silu(stream.convolved(parts[0], convolution_, layer_))
                         .split_with_sizes({shape_.keys(), shape_.keys(), shape_.values()}, 1);
  DeltaInput input;
  input.query = mixed[0].unflatten(1, {shape_.keyHeads, shape_.keySize});
  input.key = mixed[1].unflatten(1, {shape_.keyHeads, shape_.keySize});
  input.value = mixed[2].unflatten(1, {heads, shape_.valueSize});
  input.beta = at::sigmoid(parts[2]);
  input.decay = -decayLog_.exp() * at::softplus(parts[3] + timeBias_);
  const auto gates = parts[1].unflatten(1, {heads, shape_.valueSize});
  const auto result = norm_->forward(stream.remembered(input, layer_)) * at::silu(gates);
  return out_->forward(result.flatten(1));
}

}  // namespace rosa::model
