// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "rosa/config.h"
#include "rosa/expected.h"

namespace rosa::adapt {

/// What decides random start values: a run's seed, the layer among the adapted ones, and how often it began anew.
struct StartKey {
  std::uint64_t seed = 0;
  std::int64_t layerIndex = 0;
  std::int64_t cycle = 0;
};

struct LoraFactors {
  at::Tensor a;  ///< [in, rank]
  at::Tensor b;  ///< [rank, out]
};

/// The values at which the factors of s·A·B begin, as PEFT's init_lora_weights draws them; the key alone decides them,
/// on every device.
/// - Kaiming: A uniform with a = sqrt(5), that is U(-1/sqrt(in), 1/sqrt(in)), B zero.
/// - Gaussian: A from N(0, 1/rank), that is with deviation 1/rank, B zero.
/// - Pissa (arXiv 2404.02948): s·A·B is the sum of W's largest `rank` singular components, sigma shared equally by A
///   and B. It must be taken from W to keep the layer's function.
/// - Orthogonal: neither is zero, yet A·B is: their rows and columns are mixed by the odd and the even rows of one
///   orthogonal matrix. The rank must be even.
/// An error names what in W or the rank forbids it.
[[nodiscard]] Expected<LoraFactors> startLora(LoraStart start, const at::Tensor& weight, std::int64_t rank,
                                              double scale, const StartKey& key);

}  // namespace rosa::adapt
