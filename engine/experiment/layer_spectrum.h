// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace rosa::experiment {

/// What training did to a layer y = x·W, seen along the singular directions of the first W.
struct LayerSpectrum {
  std::vector<double> before, after;  ///< singular values of the first and the last W, descending
  /// Of each cycle and each right singular vector v of the first W (largest singular value first): |ΔW·v|, ΔW being
  /// the change of that cycle. ROSA's B is made of such directions.
  std::vector<std::vector<double>> moved;
  std::vector<double> outside;  ///< of each cycle: Frobenius norm of what is moved beside them, where out > in
  double change = 0;            ///< Frobenius norm of the whole change, over that of the first W
  std::vector<double> changed;  ///< singular values of the whole change, descending
};

/// Measures a layer while its weights come one after another, however many: it keeps the first, the last and the
/// directions of the first. All are fp64 [in, out].
class SpectrumMeter {
 public:
  explicit SpectrumMeter(at::Tensor first);

  /// The weight at the end of the next cycle.
  void add(at::Tensor weight);
  /// Of one cycle or more.
  [[nodiscard]] LayerSpectrum finish();

 private:
  at::Tensor first_, last_;
  at::Tensor directions_;  ///< right singular vectors of the first as columns
  LayerSpectrum spectrum_;
};

/// cumulative[i]: the sum of the first i + 1 values over that of all; 1 throughout where all are 0.
[[nodiscard]] std::vector<double> cumulativeShare(const std::vector<double>& values);

/// How many of the first (largest) values it takes to hold that share of the sum of squares; 0 where all are 0.
[[nodiscard]] std::size_t directionsHolding(const std::vector<double>& values, double share);

}  // namespace rosa::experiment
