// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/low_rank.h"

#include <ATen/ATen.h>

#include <utility>

#include "adapt/frozen_weight.h"
#include "adapt/thin_products.h"
#include "device/cuda_kernels.h"

namespace rosa::adapt {

LowRank::LowRank(at::Tensor weight, std::string name, const LowRankSettings& settings)
    : weight_(std::move(weight)), name_(std::move(name)), settings_(settings) {
  TORCH_CHECK(settings_.form != Form::Auto, "The form of ", name_, " must be resolved before it is adapted.");
  TORCH_CHECK(!merged() || !isNarrow(weight_), "A weight in fewer digits than fp32, such as ", name_,
              ", loses small updates.");
  a_.name = name_ + ".weight:A";
  // Stored as its transpose, rows of the layer's width, as the products with x want it (adapt/thin_products.h).
  a_.value = at::zeros({settings_.rank, weight_.size(0)}, computeOptions(weight_)).t();
  b_.name = name_ + ".weight:B";
  b_.value = at::zeros({settings_.rank, weight_.size(1)}, computeOptions(weight_));
}

ParameterList LowRank::parameters() {
  ParameterList list;
  if (trainsA()) list.push_back(&a_);
  if (trainsB()) list.push_back(&b_);
  return list;
}

std::vector<std::pair<std::string, at::Tensor>> LowRank::state() {
  if (!trainsA()) return {{"A", a_.value}};
  if (!trainsB()) return {{"B", b_.value}};
  return {};
}

void LowRank::forward(const at::Tensor& x, at::Tensor& y, SavedForBackward& saved) const {
  if (!merged()) {
    saved.projected = thinProduct(x, a_.value);
    addThinProduct(y, saved.projected, b_.value, settings_.scale);
  } else if (!needsInput()) {
    saved.projected = thinProduct(x, a_.value);
  }
}

void LowRank::gatherGradient(bool on) {
  gathered_ = on ? at::zeros(weight_.sizes(), computeOptions(weight_)) : at::Tensor();
}

void LowRank::backward(const at::Tensor& x, const SavedForBackward& saved, const at::Tensor& dy, at::Tensor& dx) {
  if (gathered_.defined()) gathered_.addmm_(x.t(), dy);
  const bool dxIncomplete = !merged() && dx.defined();
  if (trainsA() || dxIncomplete) {
    const auto projectedDy = thinProduct(dy, b_.value.t());
    if (trainsA()) addThinOuter(a_.gradient.t(), projectedDy, x, settings_.scale);
    if (dxIncomplete) addThinProduct(dx, projectedDy, a_.value.t(), settings_.scale);
  }
  if (trainsB()) {
    // The merged form keeps x anyway; x·A again is cheaper than keeping it from the forward pass.
    const auto projected = saved.projected.defined() ? saved.projected : thinProduct(x, a_.value);
    addThinOuter(b_.gradient, projected, dy, settings_.scale);
  }
}

void LowRank::beforeStep() {
  if (!merged()) return;
  if (!oldA_.defined() && trainsA()) oldA_ = at::empty_like(a_.value);
  if (!oldB_.defined() && trainsB()) oldB_ = at::empty_like(b_.value);
  if (trainsA()) oldA_.copy_(a_.value);
  if (trainsB()) oldB_.copy_(b_.value);
}

bool LowRank::movedByKernel() {
  const auto* kernels = weight_.is_cuda() && trainsA() && trainsB() ? device::cudaKernels() : nullptr;
  if (kernels == nullptr || weight_.scalar_type() != at::kFloat) return false;
  const auto viewOf = [](const at::Tensor& matrix) {
    return device::MatrixView{matrix.mutable_data_ptr<float>(), matrix.size(0), matrix.size(1), matrix.stride(0)};
  };
  const auto a = viewOf(a_.value.t()), b = viewOf(b_.value), oldA = viewOf(oldA_.t()), oldB = viewOf(oldB_);
  const auto scale = static_cast<float>(settings_.scale);
  // Rows of the stored matrix are the inputs in one layout and the outputs in the other.
  if (weight_.stride(1) == 1) return kernels->updateWeight(viewOf(weight_), a, b, oldA, oldB, scale);
  if (weight_.stride(0) == 1) return kernels->updateWeight(viewOf(weight_.t()), b, a, oldB, oldA, scale);
  return false;
}

void LowRank::afterStep() {
  if (!merged() || movedByKernel()) return;
  // A'·B' - A·B = (A' - A)·B' + A·(B' - B): the same rank 2r as [A' | A]·[B' ; -B], without the cancellation, so that
  // W's own rounding is all that the step adds.
  at::Tensor left, right;
  if (trainsA() && trainsB()) {
    left = at::cat({a_.value - oldA_, oldA_}, 1);
    right = at::cat({b_.value, b_.value - oldB_}, 0);
  } else if (trainsA()) {
    left = a_.value - oldA_;
    right = b_.value;
  } else {
    left = a_.value;
    right = b_.value - oldB_;
  }
  // In the rows in which W lies.
  if (weight_.stride(1) == 1) {
    addThinProduct(weight_, left.contiguous(), right, settings_.scale);
  } else {
    addThinProduct(weight_.t(), right.t().contiguous(), left.t().contiguous(), settings_.scale);
  }
}

void LowRank::writeMerged(at::Tensor destination) const {
  widenInto(destination, weight_);
  if (!merged()) addProduct(destination, a_.value, b_.value, settings_.scale);
}

}  // namespace rosa::adapt
