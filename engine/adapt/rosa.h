// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "adapt/coverage.h"
#include "adapt/factorise.h"
#include "adapt/low_rank.h"
#include "adapt/slice.h"

namespace rosa::adapt {

/// Random Subspace Adaptation (arXiv 2407.07802): A and B are made of W, or beside it, anew at each resample; only they
/// train. A layer trains nothing before its first `resample`.
///
/// What a resample makes of W (`factorise`; reference/method.md 2):
///   SvdEqual          W_fixed = W - s·A·B with A·B a slice of W's singular components.
///   SvdAdd            the same A and B beside the whole W, as the released code has it: the slice counts twice, so
///   that
///                     the layer's function jumps at every resample.
///   Additive          B = V_Sᵀ and A = 0 beside the whole W, the form of the paper's theorem.
///   RandomAdd         B Gaussian and A = 0 beside the whole W.
///   RandomProjection, RandomOrthogonal   W_fixed = W - s·A·B with A·B the projection of W on a random subspace.
/// All but SvdAdd keep the function. Merged form: such a resample leaves W bit-identical. Branch form: W_fixed + s·A·B
/// stays W within the rounding of the digits that W_fixed is kept in.
class Rosa final : public LowRank {
 public:
  struct Settings {
    LowRankSettings lowRank;
    std::uint64_t seed = 0;
    std::int64_t layerIndex = 0;  ///< among the adapted layers; keys the draw
    /// The released code's scale: W_fixed = W - A·B although the layer adds s·A·B, so that a resample changes the
    /// layer's function where s is not 1. For parity with it; otherwise W_fixed = W - s·A·B.
    bool referenceScale = false;
    Factorise factorise = Factorise::SvdEqual;
    /// Which singular directions are taken; of no meaning where they are random, by `basis` or `factorise`.
    SliceRule slice = SliceRule::Window;
    Basis basis = Basis::Exact;
    bool measuresCoverage = true;  ///< no: `coverage` is NaN, and no basis of what was trained is kept
  };

  Rosa(at::Tensor weight, std::string name, const Settings& settings);

  [[nodiscard]] bool resamples() const override { return true; }
  [[nodiscard]] bool wantsGradient() const override { return settings_.slice == SliceRule::Gradient; }
  /// SliceRule::Sweep keeps the basis of its beginning, [smaller side, smaller side], until its last cycle.
  /// SliceRule::Gradient goes by the gathered gradient of W; without one it draws a window.
  Slice resample(std::int64_t cycle, std::optional<std::int64_t> start) override;
  [[nodiscard]] double coverage() const override;
  [[nodiscard]] double roundingLoss() const override { return roundingLoss_; }

  [[nodiscard]] std::vector<std::pair<std::string, at::Tensor>> state() override;
  [[nodiscard]] Status restoreState(const device::TensorSource& source, const std::string& prefix) override;
  void restored(std::int64_t cycle, const Slice& slice) override;

  [[nodiscard]] std::int64_t cycle() const { return cycle_; }  ///< -1 before the first resample
  [[nodiscard]] const Slice& slice() const { return slice_; }

 private:
  struct Drawn {
    Slice slice;
    Factors factors;
  };
  /// From the whole W in fp32, the present slice included.
  [[nodiscard]] Expected<Drawn> draw(const at::Tensor& whole, std::int64_t cycle, const std::optional<Slice>& given);
  [[nodiscard]] Expected<Drawn> drawSingular(const at::Tensor& whole, const SliceKey& key,
                                             const std::optional<Slice>& given);
  [[nodiscard]] Expected<Drawn> drawAlong(const at::Tensor& whole, const Slice& slice) const;
  [[nodiscard]] Expected<Drawn> drawBySpectrum(const at::Tensor& whole, const SliceKey& key) const;
  [[nodiscard]] Expected<Drawn> drawSweep(const at::Tensor& whole, const SliceKey& key);
  [[nodiscard]] std::int64_t smallerSide() const { return coverage_.full(); }
  /// Lengths of the gathered gradient along each direction, [smaller side].
  [[nodiscard]] at::Tensor gradientAlong(const at::Tensor& directions) const;

  /// Puts what is fixed of W, `fixed`, into a W of fewer digits, where `removed`·A·B is the part of the whole that it
  /// lacks. What rounding loses along the rows of B goes into A, which is fp32 and about to train, so that of the whole
  /// only the rest is lost; of SvdEqual alone, whose rows are orthonormal. Returns the norm of that rest.
  [[nodiscard]] double storeRounded(const at::Tensor& fixed, double removed);

  Settings settings_;
  std::int64_t cycle_ = -1;
  Slice slice_;
  Coverage coverage_;
  at::Tensor sweepBasis_;  ///< orthonormal rows; undefined outside a sweep
  double roundingLoss_ = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace rosa::adapt
