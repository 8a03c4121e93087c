// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/lora.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <utility>

#include "adapt/counter_random.h"

namespace rosa::adapt {

Lora::Lora(at::Tensor weight, std::string name, const LowRankSettings& settings, std::uint64_t seed,
           std::int64_t layerIndex)
    : LowRank(std::move(weight), std::move(name), settings) {
  auto generator = at::detail::createCPUGenerator(counterRandom(seed, RandomUse::LoraStart, layerIndex, 0));
  const double bound = 1 / std::sqrt(static_cast<double>(a().size(0)));
  auto start = at::empty(a().sizes(), at::kFloat);
  start.uniform_(-bound, bound, generator);
  a().copy_(start);
}

}  // namespace rosa::adapt
