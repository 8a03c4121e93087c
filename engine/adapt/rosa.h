// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "adapt/coverage.h"
#include "adapt/low_rank.h"

namespace rosa::adapt {

/// Random Subspace Adaptation (arXiv 2407.07802) with equal split: A·B is a slice of W's singular components, drawn
/// anew at each resample; only A and B train. A layer trains nothing before its first `resample`.
///
/// Merged form: a resample leaves W bit-identical. Branch form: W_fixed + s·A·B stays W within fp32 rounding.
class Rosa final : public LowRank {
 public:
  struct Settings {
    LowRankSettings lowRank;
    std::uint64_t seed = 0;
    std::int64_t layerIndex = 0;  ///< among the adapted layers; keys the draw
    /// The released code's scale: W_fixed = W - A·B although the layer adds s·A·B, so that a resample changes the
    /// layer's function where s is not 1. For parity with it; otherwise W_fixed = W - s·A·B.
    bool referenceScale = false;
  };

  Rosa(at::Tensor weight, std::string name, const Settings& settings);

  [[nodiscard]] bool resamples() const override { return true; }
  Slice resample(std::int64_t cycle, std::optional<std::int64_t> start) override;
  [[nodiscard]] double coverage() const override { return coverage_.share(); }

  [[nodiscard]] std::vector<std::pair<std::string, at::Tensor>> state() override;
  [[nodiscard]] Status restoreState(const device::TensorSource& source, const std::string& prefix) override;
  void restored(std::int64_t cycle, const Slice& slice) override;

  [[nodiscard]] std::int64_t cycle() const { return cycle_; }  ///< -1 before the first resample
  [[nodiscard]] const Slice& slice() const { return slice_; }

 private:
  Slice chooseSlice(std::int64_t cycle, std::optional<std::int64_t> start) const;

  Settings settings_;
  std::int64_t cycle_ = -1;
  Slice slice_;
  Coverage coverage_;
};

}  // namespace rosa::adapt
