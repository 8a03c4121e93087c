// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "adapt/low_rank.h"

namespace rosa::adapt {

/// LoRA (arXiv 2106.09685) with PEFT's initialisation: A Kaiming uniform with a = sqrt(5), that is U(-1/sqrt(in),
/// 1/sqrt(in)), and B zero, so that the layer's function is unchanged at the start. `seed` and the layer's index alone
/// decide A, on every device.
class Lora final : public LowRank {
 public:
  Lora(at::Tensor weight, std::string name, const LowRankSettings& settings, std::uint64_t seed,
       std::int64_t layerIndex);
};

}  // namespace rosa::adapt
