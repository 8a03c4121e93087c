// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapt/parameter.h"
#include "device/tensor_source.h"
#include "rosa/expected.h"

/// What can be done to one checkpoint matrix while it trains: ROSA, LoRA, dense training, ...
///
/// Convention of the whole project: a linear map is y = x·W with W of shape [in, out], whatever the checkpoint's layout
/// (a view gives the other). An adaptation is attached to a slot of a model::AdaptedLinear, which owns the dense W and
/// computes x·W and dy·Wᵀ; the adaptation adds its own part in place. Called on the run's thread alone, without
/// autograd.
namespace rosa::adapt {

/// What forward leaves for backward beside x.
struct SavedForBackward {
  at::Tensor projected;  ///< x·A, [tokens, rank]; undefined where not needed
  at::Tensor output;  ///< y before it is scaled or goes through a bottleneck, [tokens, out]; undefined where not needed
};

/// The slice of singular directions a resample drew; 0 is the largest singular value.
struct Slice {
  std::int64_t start = 0;  ///< the smallest index
  std::int64_t count = 0;
  std::int64_t directions = 0;          ///< the matrix's smaller side
  std::vector<std::int64_t> indices{};  ///< ascending; empty for a window, start..start+count-1
  bool indexed = true;                  ///< false: random directions, which have no index; start is 0
};

class Adaptation {
 public:
  Adaptation() = default;
  Adaptation(const Adaptation&) = delete;
  Adaptation& operator=(const Adaptation&) = delete;
  virtual ~Adaptation() = default;

  /// x [tokens, in]; y [tokens, out] (may be a strided view) already holds x·W + bias; adds this adaptation's part.
  /// Where it scales (below), y holds (x∘inputScale)·W, and the bias only if that is scaled too.
  virtual void forward(const at::Tensor& x, at::Tensor& y, SavedForBackward& saved) const = 0;
  /// Adds to the parameters' gradients; dx, where defined, already holds dy·Wᵀ and receives the rest. Where it scales,
  /// dx holds (dy∘outputScale)·Wᵀ, and under an inputScale that of this matrix alone.
  virtual void backward(const at::Tensor& x, const SavedForBackward& saved, const at::Tensor& dy, at::Tensor& dx) = 0;
  /// False when backward does not read x, so that the layer need not keep it (one-sided training).
  [[nodiscard]] virtual bool needsInput() const { return true; }

  /// Factors [in] on x before the product with W; undefined where there are none.
  [[nodiscard]] virtual at::Tensor inputScale() const { return {}; }
  /// Factors [out] on the product with W, which `forward` applies; undefined where there are none.
  [[nodiscard]] virtual at::Tensor outputScale() const { return {}; }
  /// Whether outputScale applies to the bias too, or whatever else `forward` makes of y.
  [[nodiscard]] virtual bool scalesBias() const { return false; }
  /// The gradient of the y that `forward` was given from `dy`, that of the y it made: what meets Wᵀ, and the bias where
  /// `scalesBias`. Undefined where they are the same. Called once a backward pass, before `backward`; may add to the
  /// parameters' gradients too.
  [[nodiscard]] virtual at::Tensor innerGradient(const at::Tensor& dy, const SavedForBackward& saved);

  [[nodiscard]] virtual ParameterList parameters() = 0;

  /// Around the optimizer's step: the merged form copies A and B before and moves W after it.
  virtual void beforeStep() {}
  virtual void afterStep() {}
  /// Decoupled weight decay of a W that trains without being a parameter: shrinks it by `share`, lr·decay, of itself.
  virtual void decay(double /*share*/) {}

  /// Draws the slice of `cycle` (0 = the first) after merging the present one; keeps the layer's function. `start`
  /// gives the window instead of drawing it. Only for adaptations with `resamples()`. Throws std::runtime_error with a
  /// sentence that names the layer where W cannot be factorised (NaN) or `start` lies outside. Layers may be resampled
  /// by several threads at once, each layer by one of them (`resampleAll`).
  [[nodiscard]] virtual bool resamples() const { return false; }
  /// Whether `resample` goes by the gradient of W, to be gathered before it.
  [[nodiscard]] virtual bool wantsGradient() const { return false; }
  /// From now on, or no more, backward also adds up the gradient of W itself, a matrix of W's size; off lets it go.
  virtual void gatherGradient(bool /*on*/) {}
  virtual Slice resample(std::int64_t cycle, std::optional<std::int64_t> start);
  /// Whether the optimizer's moments stay through a resample, whatever the configuration says.
  [[nodiscard]] virtual bool keepsMoments() const { return false; }
  /// Dimension of the span of all directions trained so far over the smaller side, 0..1.
  [[nodiscard]] virtual double coverage() const { return 0; }

  /// What the last resample lost to rounding in a W of fewer digits than fp32, over the slice that it merged: the ratio
  /// of their Frobenius norms. NaN where W is fp32 or no slice was merged.
  [[nodiscard]] virtual double roundingLoss() const { return std::numeric_limits<double>::quiet_NaN(); }

  /// Whether the layer amounts to a dense weight at all.
  [[nodiscard]] virtual bool mergeable() const { return true; }
  /// Writes the dense weight [in, out] that the layer amounts to now into `destination`.
  virtual void writeMerged(at::Tensor destination) const = 0;

  /// Tensors that resume needs beside W and the parameters' values, moments apart: names are unique within the layer.
  [[nodiscard]] virtual std::vector<std::pair<std::string, at::Tensor>> state() { return {}; }
  /// Fills `state()` from what was stored under `prefix` + name, making room first for tensors that grow during a run.
  [[nodiscard]] virtual Status restoreState(const device::TensorSource& source, const std::string& prefix);
  /// Called after W, the parameters and `state()`'s tensors were filled from a checkpoint.
  virtual void restored(std::int64_t /*cycle*/, const Slice& /*slice*/) {}
};

}  // namespace rosa::adapt
