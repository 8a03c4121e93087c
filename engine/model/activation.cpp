// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/activation.h"

#include <ATen/ATen.h>

#include "model/row_kernels.h"

namespace rosa::model {

namespace {

at::Tensor plain(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::Gelu:
      return at::gelu(x, "none");
    case Activation::GeluTanh:
      return at::gelu(x, "tanh");
    case Activation::Relu:
      return at::relu(x);
    case Activation::Silu:
      return at::silu(x);
    case Activation::Tanh:
      return at::tanh(x);
  }
  return {};
}

at::Tensor plainBackward(const at::Tensor& gradient, const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::Gelu:
      return at::gelu_backward(gradient, x, "none");
    case Activation::GeluTanh:
      return at::gelu_backward(gradient, x, "tanh");
    case Activation::Relu:
      return at::threshold_backward(gradient, x, 0);
    case Activation::Silu:
      return at::silu_backward(gradient, x);
    case Activation::Tanh:
      return at::tanh_backward(gradient, at::tanh(x));
  }
  return {};
}

}  // namespace

at::Tensor activate(const at::Tensor& pre, Activation activation, bool gated) {
  // Autograd sees nothing of a kernel.
  const bool watched = at::GradMode::is_enabled() && pre.requires_grad();
  if (!watched && hasActivationKernel(activation) && takesRowKernel(pre)) return activateRows(pre, activation, gated);
  if (!gated) return plain(pre, activation);
  const auto half = pre.size(1) / 2;
  return plain(pre.narrow(1, 0, half), activation).mul_(pre.narrow(1, half, half));
}

at::Tensor activateBackward(const at::Tensor& gradient, const at::Tensor& pre, Activation activation, bool gated) {
  if (hasActivationKernel(activation) && takeRowKernels(gradient, pre)) {
    activateRowsBackward(gradient, pre, activation, gated);
    return pre;
  }
  if (!gated) return plainBackward(gradient, pre, activation);
  const auto half = pre.size(1) / 2;
  const auto gate = pre.narrow(1, 0, half);
  const auto up = pre.narrow(1, half, half);
  auto result = at::empty_like(pre);
  result.narrow(1, 0, half).copy_(plainBackward(gradient * up, gate, activation));
  auto upGradient = result.narrow(1, half, half);
  at::mul_out(upGradient, gradient, plain(gate, activation));
  return result;
}

}  // namespace rosa::model
