// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "adapt/adaptation.h"
#include "model/model.h"
#include "model/model_config.h"

namespace rosa::model {

struct Norm;

/// y = x·W + b over one or several checkpoint matrices side by side (q, k, v; gate, up), each of which can carry its
/// own adaptation (DESIGN 5). One product serves all of them.
///
/// Frozen weights may be kept in fewer digits (adapt/frozen_weight.h); x, y, biases and what trains are of the
/// options' type. The buffer keeps the checkpoint's layout: [out, in] with the parts stacked for torch's Linear, [in,
/// out] for GPT-2's Conv1D; every part is a contiguous view of it. Weights train through an attached adaptation, a bias
/// through `trainBias`; their gradients go straight into Parameter::gradient, autograd carries only dx.
class AdaptedLinear {
 public:
  enum class Layout { OutIn, InOut };
  struct Part {
    std::string name;  ///< checkpoint name without ".weight"
    std::int64_t out = 0;
  };

  AdaptedLinear(Layout layout, std::int64_t in, const std::vector<Part>& parts, bool bias, bool attention,
                const at::TensorOptions& options, at::ScalarType weights);
  AdaptedLinear(const AdaptedLinear&) = delete;
  AdaptedLinear& operator=(const AdaptedLinear&) = delete;
  ~AdaptedLinear();

  /// x [tokens, in] -> [tokens, out of all parts].
  [[nodiscard]] at::Tensor forward(const at::Tensor& x);
  /// The same on a norm's output, of which backward keeps the input alone and norms it anew.
  [[nodiscard]] at::Tensor forwardNormed(const at::Tensor& x, const Norm& norm);
  /// And on an activation's: `pre` is [tokens, in], or [tokens, 2·in] holding gate and up of a gated MLP. Backward
  /// keeps `pre` alone: with a kernel of one pass the output is computed again in 0.3 % of a step (Qwen2.5 0.5B), and
  /// kept it would be a quarter of the activations' memory.
  [[nodiscard]] at::Tensor forwardActivated(const at::Tensor& pre, Activation activation, bool gated);

  /// Checkpoint views, name by name: weights, then biases.
  void listTensors(std::vector<NamedTensor>& tensors) const;
  [[nodiscard]] std::vector<LinearSlot*> slots() const;
  /// Null when `name` is no bias of this layer.
  adapt::Parameter* trainBias(const std::string& name);

  // For the autograd functions.
  struct Saved {
    std::vector<adapt::SavedForBackward> parts;
  };
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, Saved* saved) const;
  /// Adds to the parameters' gradients and returns dx where it is wanted.
  [[nodiscard]] at::Tensor propagate(const at::Tensor& x, const Saved& saved, const at::Tensor& dy,
                                     bool wantsInputGradient);
  /// Whether backward reads x.
  [[nodiscard]] bool needsInput() const;
  [[nodiscard]] bool trains() const;

 private:
  class Slot;
  void updateAnchor();
  /// x·W, with the bias unless it is to be added after the adaptations' scales.
  [[nodiscard]] at::Tensor product(const at::Tensor& x) const;
  [[nodiscard]] bool scalesInputs() const;
  [[nodiscard]] bool addsBiasLast() const;
  /// dy as it meets Wᵀ: with every adaptation's own part of y undone.
  [[nodiscard]] at::Tensor innerGradient(const at::Tensor& dy, const Saved& saved);

  Layout layout_;
  at::Tensor weight_;  ///< checkpoint layout, all parts
  at::Tensor matrix_;  ///< view [in, out] of weight_
  at::Tensor bias_;    ///< [out of all parts], or undefined
  std::vector<std::unique_ptr<Slot>> slots_;
  /// A leaf without content: makes autograd call backward even where x itself needs no gradient.
  at::Tensor anchor_;
};

}  // namespace rosa::model
