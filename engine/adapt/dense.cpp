// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/dense.h"

#include <ATen/ATen.h>

#include <utility>

namespace rosa::adapt {

Dense::Dense(at::Tensor weight, const std::string& name) {
  parameter_.name = name + ".weight";
  parameter_.value = std::move(weight);
  parameter_.segment = Segment::Dense;
}

void Dense::forward(const at::Tensor& /*x*/, at::Tensor& /*y*/, SavedForBackward& /*saved*/) const {}

void Dense::backward(const at::Tensor& x, const SavedForBackward& /*saved*/, const at::Tensor& dy, at::Tensor& /*dx*/) {
  parameter_.gradient.addmm_(x.t(), dy);
}

ParameterList Dense::parameters() {
  return {&parameter_};
}

void Dense::writeMerged(at::Tensor destination) const {
  destination.copy_(parameter_.value);
}

}  // namespace rosa::adapt
