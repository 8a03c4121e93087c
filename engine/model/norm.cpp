// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/norm.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace rosa::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

struct RmsNormFunction : torch::autograd::Function<RmsNormFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, double epsilon) {
    const auto inverse = x.square().mean(-1, true).add_(epsilon).rsqrt_();
    context->save_for_backward({x, weight, inverse});
    return (x * inverse).mul_(weight);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto& [x, weight, inverse] = std::tie(saved[0], saved[1], saved[2]);
    const auto normalised = x * inverse;
    at::Tensor dWeight;
    if (context->needs_input_grad(1)) dWeight = (gradients[0] * normalised).sum(0);
    at::Tensor dx;
    if (context->needs_input_grad(0)) {
      dx = gradients[0] * weight;
      const auto along = (dx * normalised).mean(-1, true);
      dx.sub_(normalised * along).mul_(inverse);
    }
    return {dx, dWeight, Variable()};
  }
};

}  // namespace

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon) {
  return RmsNormFunction::apply(x, weight, epsilon);
}

}  // namespace rosa::model
