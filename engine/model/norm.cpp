// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/norm.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace rosa::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

at::Tensor factors(const at::Tensor& weight, double offset) {
  return offset == 0 ? weight : weight + offset;
}

struct RmsNormFunction : torch::autograd::Function<RmsNormFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, double epsilon,
                            double offset) {
    const auto inverse = x.square().mean(-1, true).add_(epsilon).rsqrt_();
    context->save_for_backward({x, weight, inverse});
    context->saved_data["offset"] = offset;
    return (x * inverse).mul_(factors(weight, offset));
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto& [x, weight, inverse] = std::tie(saved[0], saved[1], saved[2]);
    const auto normalised = x * inverse;
    at::Tensor dWeight;
    if (context->needs_input_grad(1)) dWeight = (gradients[0] * normalised).flatten(0, -2).sum(0);
    at::Tensor dx;
    if (context->needs_input_grad(0)) {
      dx = gradients[0] * factors(weight, context->saved_data["offset"].toDouble());
      const auto along = (dx * normalised).mean(-1, true);
      dx.sub_(normalised * along).mul_(inverse);
    }
    return {dx, dWeight, Variable(), Variable()};
  }
};

}  // namespace

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon, double offset) {
  return RmsNormFunction::apply(x, weight, epsilon, offset);
}

at::Tensor rmsNorm(const at::Tensor& x, double epsilon) {
  return RmsNormFunction::apply(x, at::ones({x.size(-1)}, x.options()), epsilon, 0);
}

}  // namespace rosa::model
