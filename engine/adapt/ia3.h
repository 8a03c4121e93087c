// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "adapt/adaptation.h"

namespace rosa::adapt {

/// (IA)³ (arXiv 2205.05638) as PEFT has it: one trained factor for each output of a layer, bias included, or for each
/// input where the layer follows an activation or the attention and writes back into the residual stream. All start at
/// one. The layer's buffer keeps W.
class Ia3 final : public Adaptation {
 public:
  enum class Side { Inputs, Outputs };

  Ia3(at::Tensor weight, const std::string& name, Side side);

  void forward(const at::Tensor& x, at::Tensor& y, SavedForBackward& saved) const override;
  void backward(const at::Tensor& x, const SavedForBackward& saved, const at::Tensor& dy, at::Tensor& dx) override;
  [[nodiscard]] bool needsInput() const override { return onInputs(); }
  [[nodiscard]] at::Tensor inputScale() const override { return onInputs() ? factors_.value : at::Tensor(); }
  [[nodiscard]] at::Tensor outputScale() const override { return onInputs() ? at::Tensor() : factors_.value; }
  [[nodiscard]] bool scalesBias() const override { return !onInputs(); }
  [[nodiscard]] ParameterList parameters() override { return {&factors_}; }
  void writeMerged(at::Tensor destination) const override;

  [[nodiscard]] Side side() const { return side_; }
  [[nodiscard]] const at::Tensor& factors() const { return factors_.value; }

 private:
  [[nodiscard]] bool onInputs() const { return side_ == Side::Inputs; }

  at::Tensor weight_;
  Side side_;
  Parameter factors_;
};

/// The side that PEFT's presets scale for a layer of this name: what they call feed-forward modules are the output
/// projections (c_proj, o_proj, down_proj, output.dense).
[[nodiscard]] Ia3::Side sideOf(std::string_view layer);

}  // namespace rosa::adapt
