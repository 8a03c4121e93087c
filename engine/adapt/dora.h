// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "adapt/adaptation.h"
#include "adapt/lora_start.h"

namespace rosa::adapt {

/// Weight-decomposed low-rank adaptation (arXiv 2402.09353) as PEFT has it: y = b + g∘(x·V) with V = W + s·A·B and
/// g = m / ‖V‖ for each column. A, B and the magnitudes m [out] train; the norm counts as a constant in backward
/// (the paper's section 4.3). The layer's buffer keeps W.
class Dora final : public Adaptation {
 public:
  struct Settings {
    std::int64_t rank = 8;
    double scale = 1;
    LoraStart start = LoraStart::Kaiming;
    double rateOfB = 1;
    StartKey key;
  };

  /// m starts as the columns' norms, so that the layer's function is kept. Throws as Lora does.
  Dora(at::Tensor weight, std::string name, const Settings& settings);

  void forward(const at::Tensor& x, at::Tensor& y, SavedForBackward& saved) const override;
  void backward(const at::Tensor& x, const SavedForBackward& saved, const at::Tensor& dy, at::Tensor& dx) override;
  [[nodiscard]] at::Tensor outputScale() const override { return factor_; }
  [[nodiscard]] ParameterList parameters() override { return {&a_, &b_, &magnitude_}; }
  void afterStep() override { measure(); }
  void writeMerged(at::Tensor destination) const override;
  void restored(std::int64_t cycle, const Slice& slice) override;

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] const at::Tensor& a() const { return a_.value; }
  [[nodiscard]] const at::Tensor& b() const { return b_.value; }
  [[nodiscard]] const at::Tensor& magnitude() const { return magnitude_.value; }

 private:
  [[nodiscard]] at::Tensor direction() const;  ///< V, as a new tensor
  void measure();

  at::Tensor weight_;
  Settings settings_;
  Parameter a_;
  Parameter b_;
  Parameter magnitude_;
  at::Tensor norm_;    ///< of V's columns, [out], as it was when it was last measured
  at::Tensor factor_;  ///< m / norm
};

}  // namespace rosa::adapt
