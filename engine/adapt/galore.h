// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "adapt/low_rank.h"

namespace rosa::adapt {

/// GaLore (arXiv 2403.03507, algorithm 2): W itself trains, but the optimizer sees its gradient G [in, out] through P,
/// the largest `rank` singular directions of G on the smaller side, and its step is carried back: W += scale·P·step.
/// P is taken anew from a gathered gradient at each resample; the moments stay as they are.
///
/// In this house's terms: one factor of A·B holds P, the other one trains, and the merged form moves W by the change of
/// the product. Weight decay shrinks W itself, as in the authors' AdamW, and not the trained factor.
class Galore final : public LowRank {
 public:
  struct Settings {
    std::int64_t rank = 8;
    double scale = 0.25;
  };

  Galore(at::Tensor weight, std::string name, const Settings& settings);

  [[nodiscard]] bool resamples() const override { return true; }
  [[nodiscard]] bool wantsGradient() const override { return true; }
  [[nodiscard]] bool keepsMoments() const override { return true; }
  void decay(double share) override;
  Slice resample(std::int64_t cycle, std::optional<std::int64_t> start) override;
};

}  // namespace rosa::adapt
