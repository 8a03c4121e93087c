// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "adapt/lora_start.h"
#include "adapt/low_rank.h"

namespace rosa::adapt {

/// LoRA (arXiv 2106.09685) and its variants: scaled by alpha/sqrt(rank) (rsLoRA), with a higher rate for B (LoRA+,
/// arXiv 2402.12354), started otherwise (`LoraStart`), or merged and begun anew at each resample (ReLoRA, arXiv
/// 2307.05695). The layer's function is kept at every start.
class Lora final : public LowRank {
 public:
  struct Settings {
    LowRankSettings lowRank;
    LoraStart start = LoraStart::Kaiming;
    double rateOfB = 1;  ///< over that of A
    StartKey key;
    bool restarts = false;  ///< ReLoRA
  };

  /// Throws std::runtime_error with a sentence that names the layer where it cannot start so.
  Lora(at::Tensor weight, std::string name, const Settings& settings);

  [[nodiscard]] bool resamples() const override { return settings_.restarts; }
  /// s·A·B stays in W and new factors begin; what is drawn is no slice, so its index means nothing.
  Slice resample(std::int64_t cycle, std::optional<std::int64_t> start) override;

 private:
  void begin(std::int64_t cycle);

  Settings settings_;
};

}  // namespace rosa::adapt
