// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "adapt/adaptation.h"

namespace rosa::adapt {

/// W itself trains: full fine-tuning of one matrix, and what ROSA amounts to where the rank is a layer's smaller side.
/// dW += xᵀ·dy goes into a gradient of W's own layout.
class Dense final : public Adaptation {
 public:
  /// `weight` is the layer's [in, out] view, shared with it; `name` the layer's.
  Dense(at::Tensor weight, const std::string& name);

  void forward(const at::Tensor& x, at::Tensor& y, SavedForBackward& saved) const override;
  void backward(const at::Tensor& x, const SavedForBackward& saved, const at::Tensor& dy, at::Tensor& dx) override;
  [[nodiscard]] ParameterList parameters() override;
  [[nodiscard]] double coverage() const override { return 1; }
  void writeMerged(at::Tensor destination) const override;

 private:
  Parameter parameter_;
};

}  // namespace rosa::adapt
