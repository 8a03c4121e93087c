// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/ia3.h"

#include <ATen/ATen.h>

#include <utility>

#include "adapt/frozen_weight.h"
#include "adapt/layer_choice.h"

namespace rosa::adapt {

Ia3::Ia3(at::Tensor weight, const std::string& name, Side side) : weight_(std::move(weight)), side_(side) {
  factors_.name = name + ".weight:factors";
  factors_.value = at::ones({weight_.size(onInputs() ? 0 : 1)}, computeOptions(weight_));
}

void Ia3::forward(const at::Tensor& /*x*/, at::Tensor& y, SavedForBackward& saved) const {
  if (onInputs()) return;
  saved.output = y.clone();
  y.mul_(factors_.value);
}

void Ia3::backward(const at::Tensor& x, const SavedForBackward& saved, const at::Tensor& dy, at::Tensor& dx) {
  if (!onInputs()) {
    factors_.gradient.add_((dy * saved.output).sum(0));
    return;
  }
  const auto inner = dx.defined() ? dx : product(dy, weight_.t());
  factors_.gradient.add_((x * inner).sum(0));
  if (dx.defined()) dx.mul_(factors_.value);
}

void Ia3::writeMerged(at::Tensor destination) const {
  const auto whole = widened(weight_);
  destination.copy_(onInputs() ? whole * factors_.value.unsqueeze(1) : whole * factors_.value);
}

Ia3::Side sideOf(std::string_view layer) {
  return isOutputProjection(layer) ? Ia3::Side::Inputs : Ia3::Side::Outputs;
}

}  // namespace rosa::adapt
