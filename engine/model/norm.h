// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "model/decoder_spec.h"

namespace rosa::model {

/// A layer norm (Ba et al. 2016, arXiv 1607.06450) or root mean square norm (Zhang and Sennrich 2019, arXiv
/// 1910.07467) over the last dimension, with a stored weight and, where the kind has one, a bias. Trained by autograd.
struct Norm {
  std::string name;
  NormKind kind = NormKind::Rms;
  at::Tensor weight, bias;  ///< [width]; the bias undefined where there is none
  double epsilon = 1e-5;

  /// Under autograd; keeps x and one or two numbers a row for backward.
  [[nodiscard]] at::Tensor forward(const at::Tensor& x) const;

  // The same by hand, without autograd, for a layer that puts a norm before its own work (AdaptedLinear).

  struct Result {
    at::Tensor y;
    at::Tensor mean, inverse;  ///< a number a row each; no mean of a root mean square norm
  };
  [[nodiscard]] Result apply(const at::Tensor& x) const;
  struct Gradients {
    at::Tensor x, weight, bias;  ///< undefined where not wanted
  };
  /// From that of y; `result` needs no y.
  [[nodiscard]] Gradients backward(const at::Tensor& gradient, const at::Tensor& x, const Result& result, bool wantsX,
                                   bool wantsWeight, bool wantsBias) const;
};

/// A root mean square norm without a weight, under autograd.
[[nodiscard]] at::Tensor rmsNorm(const at::Tensor& x, double epsilon);

}  // namespace rosa::model
