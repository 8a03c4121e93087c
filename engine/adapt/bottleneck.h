// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "adapt/adaptation.h"
#include "adapt/lora_start.h"

namespace rosa::adapt {

/// A bottleneck adapter behind an output projection, before the residual sum: y' = y + act(y·D + d)·U + u with
/// y = x·W + b. Houlsby (arXiv 1902.00751) puts one behind attention and MLP and uses GELU, Pfeiffer (2005.00247) one
/// behind the MLP and uses ReLU. D and U start from N(0, 0.01) and the biases at zero: nearly, not exactly, the
/// function of the layer.
///
/// What it computes is no matrix: nothing can be merged, and its price stays at inference.
class Bottleneck final : public Adaptation {
 public:
  enum class Activation { Gelu, Relu };
  struct Settings {
    std::int64_t width = 64;
    Activation activation = Activation::Gelu;
    StartKey key;
  };

  Bottleneck(const at::Tensor& weight, const std::string& name, const Settings& settings);

  void forward(const at::Tensor& x, at::Tensor& y, SavedForBackward& saved) const override;
  /// The parameters' gradients as well, which need the same products.
  [[nodiscard]] at::Tensor innerGradient(const at::Tensor& dy, const SavedForBackward& saved) override;
  void backward(const at::Tensor& x, const SavedForBackward& saved, const at::Tensor& dy, at::Tensor& dx) override;
  [[nodiscard]] bool needsInput() const override { return false; }
  [[nodiscard]] bool scalesBias() const override { return true; }
  [[nodiscard]] ParameterList parameters() override { return {&down_, &downBias_, &up_, &upBias_}; }
  [[nodiscard]] bool mergeable() const override { return false; }
  /// Throws std::logic_error.
  void writeMerged(at::Tensor destination) const override;

  [[nodiscard]] const Settings& settings() const { return settings_; }

 private:
  Settings settings_;
  Parameter down_, downBias_, up_, upBias_;  ///< [out, width], [width], [width, out], [out]
};

}  // namespace rosa::adapt
