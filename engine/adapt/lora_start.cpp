// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/lora_start.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <string>
#include <utility>

#include "adapt/counter_random.h"
#include "adapt/directions.h"
#include "adapt/factorise.h"
#include "adapt/frozen_weight.h"

namespace rosa::adapt {

namespace {

at::Tensor normal(at::IntArrayRef sizes, double deviation, at::Generator& generator) {
  return at::empty(sizes, at::kFloat).normal_(0, deviation, generator);
}

Expected<LoraFactors> principal(const at::Tensor& weight, std::int64_t rank, double scale) {
  ROSA_TRY(const auto spectrum, spectrumOf(weight, Basis::Exact, 0, rank));
  const auto factors = factorsAlong(weight, spectrum.directions);
  // A's columns carry sigma; the root of sigma/s goes to either side.
  const auto sigma = factors.a.norm(2, {0});
  const auto root = at::sqrt(sigma * scale).clamp_min(1e-20);
  return LoraFactors{factors.a / root, factors.b * (sigma / root).unsqueeze(1)};
}

Expected<LoraFactors> orthogonal(std::int64_t in, std::int64_t out, std::int64_t rank, at::Generator& generator) {
  if (rank % 2 != 0) {
    return Error{"lora-start: orthogonal needs an even rank, and this one is " + std::to_string(rank) +
                 ". Choose another rank or lora-start kaiming."};
  }
  const auto mixing = std::get<0>(at::linalg_qr(normal({rank, rank}, 1, generator)));
  const auto odd = mixing.slice(0, 0, rank, 2);
  const auto even = mixing.slice(0, 1, rank, 2);
  constexpr double kSmall = 0.1;
  return LoraFactors{at::mm(normal({in, rank / 2}, kSmall, generator), odd),
                     at::mm(even.t(), normal({rank / 2, out}, kSmall, generator))};
}

}  // namespace

Expected<LoraFactors> startLora(LoraStart start, const at::Tensor& weight, std::int64_t rank, double scale,
                                const StartKey& key) {
  const auto in = weight.size(0);
  const auto out = weight.size(1);
  if (start == LoraStart::Pissa) return principal(widened(weight), rank, scale);
  auto generator =
      at::detail::createCPUGenerator(counterRandom(key.seed, RandomUse::LoraStart, key.layerIndex, key.cycle));
  if (start == LoraStart::Orthogonal) return orthogonal(in, out, rank, generator);
  LoraFactors factors{{}, at::zeros({rank, out}, at::kFloat)};
  if (start == LoraStart::Gaussian) {
    factors.a = normal({in, rank}, 1 / static_cast<double>(rank), generator);
  } else {
    const double bound = 1 / std::sqrt(static_cast<double>(in));
    factors.a = at::empty({in, rank}, at::kFloat).uniform_(-bound, bound, generator);
  }
  return factors;
}

}  // namespace rosa::adapt
