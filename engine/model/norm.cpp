// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/norm.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>

#include "model/row_kernels.h"

namespace rosa::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// Gemma stores its weights as differences from 1.
double offsetOf(NormKind kind) {
  return kind == NormKind::RmsPlusOne ? 1 : 0;
}

bool isLayerNorm(NormKind kind) {
  return kind == NormKind::Layer || kind == NormKind::LayerNoBias;
}

at::Tensor factors(const at::Tensor& weight, double offset) {
  return offset == 0 ? weight : weight + offset;
}

/// x·inverse·factors; fills `inverse`, [.., 1].
at::Tensor scaledRows(const at::Tensor& x, const at::Tensor& weight, double epsilon, double offset,
                      at::Tensor& inverse) {
  const auto by = factors(weight, offset);
  if (takeRowKernels(x, by)) return rmsRows(x, by, epsilon, inverse);
  inverse = x.square().mean(-1, true).add_(epsilon).rsqrt_();
  return (x * inverse).mul_(by);
}

at::Tensor scaledRowsBackward(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& weight, double offset,
                              const at::Tensor& inverse) {
  const auto by = factors(weight, offset);
  if (takeRowKernels(gradient, x, by, inverse)) return rmsRowsBackward(gradient, x, by, inverse);
  const auto normalised = x * inverse;
  auto dx = gradient * by;
  const auto along = (dx * normalised).mean(-1, true);
  return dx.sub_(normalised * along).mul_(inverse);
}

at::Tensor factorGradient(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& inverse) {
  return (x * inverse).mul_(gradient).flatten(0, -2).sum(0);
}

struct RmsNormFunction : torch::autograd::Function<RmsNormFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, double epsilon,
                            double offset) {
    at::Tensor inverse;
    auto y = scaledRows(x, weight, epsilon, offset, inverse);
    context->save_for_backward({x, weight, inverse});
    context->saved_data["offset"] = offset;
    return y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto& [x, weight, inverse] = std::tie(saved[0], saved[1], saved[2]);
    at::Tensor dx, dWeight;
    if (context->needs_input_grad(1)) dWeight = factorGradient(gradients[0], x, inverse);
    if (context->needs_input_grad(0)) {
      dx = scaledRowsBackward(gradients[0], x, weight, context->saved_data["offset"].toDouble(), inverse);
    }
    return {dx, dWeight, Variable(), Variable()};
  }
};

}  // namespace

at::Tensor Norm::forward(const at::Tensor& x) const {
  if (isLayerNorm(kind)) return at::layer_norm(x, weight.sizes(), weight, bias, epsilon);
  return RmsNormFunction::apply(x, weight, epsilon, offsetOf(kind));
}

Norm::Result Norm::apply(const at::Tensor& x) const {
  const at::NoGradGuard noGrad;
  Result result;
  if (isLayerNorm(kind)) {
    std::tie(result.y, result.mean, result.inverse) = at::native_layer_norm(x, weight.sizes(), weight, bias, epsilon);
  } else {
    result.y = scaledRows(x, weight, epsilon, offsetOf(kind), result.inverse);
  }
  return result;
}

Norm::Gradients Norm::backward(const at::Tensor& gradient, const at::Tensor& x, const Result& result, bool wantsX,
                               bool wantsWeight, bool wantsBias) const {
  const at::NoGradGuard noGrad;
  Gradients gradients;
  if (isLayerNorm(kind)) {
    const std::array<bool, 3> wanted{wantsX, wantsWeight, wantsBias};
    std::tie(gradients.x, gradients.weight, gradients.bias) =
        at::native_layer_norm_backward(gradient, x, weight.sizes(), result.mean, result.inverse, weight, bias, wanted);
    return gradients;
  }
  if (wantsWeight) gradients.weight = factorGradient(gradient, x, result.inverse);
  if (wantsX) gradients.x = scaledRowsBackward(gradient, x, weight, offsetOf(kind), result.inverse);
  return gradients;
}

at::Tensor rmsNorm(const at::Tensor& x, double epsilon) {
  return RmsNormFunction::apply(x, at::ones({x.size(-1)}, x.options()), epsilon, 0);
}

}  // namespace rosa::model
