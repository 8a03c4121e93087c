// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/dora.h"

#include <ATen/ATen.h>

#include <stdexcept>
#include <utility>

#include "adapt/frozen_weight.h"

namespace rosa::adapt {

Dora::Dora(at::Tensor weight, std::string name, const Settings& settings)
    : weight_(std::move(weight)), settings_(settings) {
  const auto factors = startLora(settings_.start, weight_, settings_.rank, settings_.scale, settings_.key);
  if (!factors) throw std::runtime_error("Layer " + name + " cannot be adapted. " + factors.error().message);
  a_.name = name + ".weight:A";
  a_.value = at::empty({settings_.rank, weight_.size(0)}, computeOptions(weight_)).t();  // as LowRank lays it out
  a_.value.copy_(factors->a);
  b_.name = name + ".weight:B";
  b_.value = factors->b.to(computeOptions(weight_)).contiguous();
  b_.rateFactor = settings_.rateOfB;
  magnitude_.name = name + ".weight:magnitude";
  if (settings_.start == LoraStart::Pissa) addProduct(weight_, a_.value, b_.value, -settings_.scale);
  magnitude_.value = at::linalg_vector_norm(direction(), 2, at::IntArrayRef{0});
  measure();
}

at::Tensor Dora::direction() const {
  return at::addmm(widened(weight_), a_.value, b_.value, 1, settings_.scale);
}

void Dora::measure() {
  norm_ = at::linalg_vector_norm(direction(), 2, at::IntArrayRef{0});
  factor_ = magnitude_.value / norm_;
}

void Dora::forward(const at::Tensor& x, at::Tensor& y, SavedForBackward& saved) const {
  saved.projected = at::mm(x, a_.value);
  y.addmm_(saved.projected, b_.value, 1, settings_.scale);
  saved.output = y.clone();
  y.mul_(factor_);
}

void Dora::backward(const at::Tensor& x, const SavedForBackward& saved, const at::Tensor& dy, at::Tensor& dx) {
  magnitude_.gradient.addcdiv_((dy * saved.output).sum(0), norm_);
  const auto inner = dy * factor_;
  const auto projected = at::mm(inner, b_.value.t());
  a_.gradient.addmm_(x.t(), projected, 1, settings_.scale);
  b_.gradient.addmm_(saved.projected.t(), inner, 1, settings_.scale);
  if (dx.defined()) dx.addmm_(projected, a_.value.t(), 1, settings_.scale);
}

void Dora::writeMerged(at::Tensor destination) const {
  destination.copy_(direction().mul_(factor_));
}

void Dora::restored(std::int64_t /*cycle*/, const Slice& /*slice*/) {
  measure();
}

}  // namespace rosa::adapt
