// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/layer_inputs.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>

#include "model/token_loss.h"

namespace rosa::model {

namespace {

AdaptedLinear& addLinear(ModelParts& parts, const std::string& name, std::int64_t in, std::int64_t out) {
  return parts.addLinear(AdaptedLinear::Layout::OutIn, in, {{name, out}}, false, false);
}

}  // namespace

LayerInputs::LayerInputs(ModelParts& parts, const ModelConfig& config)
    : anchor_(parts.anchor()), layers_(config.layers), size_(config.decoder.layerInput) {
  const auto& spec = config.decoder;
  const auto& names = *spec.names;
  const auto all = layers_ * size_;
  table_ =
      &parts.addEmbedding(spec.placed(names.layerTokens), spec.layerInputVocabulary, all, config.padId.value_or(-1));
  projection_ = &addLinear(parts, spec.placed(names.layerProjection), config.width, all);
  norm_ = &parts.addNorm(spec.placed(names.layerProjectionNorm), size_, spec.norm, config.normEpsilon);
}

at::Tensor LayerInputs::of(const at::Tensor& ids, const at::Tensor& embedded) const {
  const auto scale = 1 / std::sqrt(static_cast<double>(embedded.size(1)));
  const auto projected = norm_->forward((projection_->forward(embedded) * scale).unflatten(1, {layers_, size_}));
  const auto rows = embed(table_->table, ids, table_->parameter.get(), anchor_, table_->paddingId);
  const auto own = (rows * std::sqrt(static_cast<double>(size_))).unflatten(1, {layers_, size_});
  return (projected + own) * (1 / std::numbers::sqrt2);
}

LayerInputBranch::LayerInputBranch(ModelParts& parts, const ModelConfig& config, const std::string& prefix)
    : activation_(config.activation) {
  const auto& spec = config.decoder;
  const auto& names = *spec.names;
  const auto named = [&](std::string_view name) { return prefix + std::string(name); };
  gate_ = &addLinear(parts, named(names.layerInputGate), config.width, spec.layerInput);
  out_ = &addLinear(parts, named(names.layerInputOut), spec.layerInput, config.width);
  norm_ = &parts.addNorm(named(names.layerInputNorm), config.width, spec.norm, config.normEpsilon);
}

at::Tensor LayerInputBranch::forward(const at::Tensor& x, const at::Tensor& input) const {
  return norm_->forward(out_->forwardActivated(at::cat({gate_->forward(x), input}, 1), activation_, true));
}

}  // namespace rosa::model
