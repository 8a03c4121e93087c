// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/directions.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <utility>

#include "adapt/chunks.h"
#include "adapt/counter_random.h"
#include "adapt/eigen.h"

namespace rosa::adapt {

namespace {

/// Side of the blocks in which the Gram matrix's upper triangle is computed.
constexpr std::int64_t kGramBlock = 192;

/// The upper triangle (by blocks) of tallᵀ·tall in fp64.
at::Tensor upperGram(const at::Tensor& tall) {
  const std::int64_t n = tall.size(1);
  auto gram = at::zeros({n, n}, tall.options().dtype(at::kDouble));
  forEachChunk(tall, [&](const at::Tensor& chunk, std::int64_t /*first*/) {
    for (std::int64_t i = 0; i < n; i += kGramBlock) {
      const std::int64_t height = std::min(kGramBlock, n - i);
      gram.narrow(0, i, height).narrow(1, i, n - i).addmm_(chunk.narrow(1, i, height).t(), chunk.narrow(1, i, n - i));
    }
  });
  return gram;
}

Expected<Spectrum> byFullSvd(const at::Tensor& weight, std::int64_t start, std::int64_t count) {
  if (!at::isfinite(weight).all().item<bool>()) return Error{"It holds NaN or Inf, so it has no singular values."};
  const auto [left, values, right] = at::linalg_svd(weight, /*full_matrices=*/false);
  const auto rows = weight.size(0) < weight.size(1) ? left.t() : right;
  return Spectrum{values.narrow(0, start, count).to(at::kDouble), rows.narrow(0, start, count).to(at::kDouble)};
}

}  // namespace

Expected<Spectrum> spectrumOf(const at::Tensor& weight, Basis basis, std::int64_t start, std::int64_t count) {
  if (basis == Basis::Reference) return byFullSvd(weight, start, count);
  const auto tall = weight.size(0) < weight.size(1) ? weight.t() : weight;  // [larger side, smaller side]
  ROSA_TRY(auto eigen, largestFirstEigen(upperGram(tall), start, count));
  // Rounding can leave the square of a zero a little below it.
  return Spectrum{eigen.values.clamp_min(0).sqrt(), std::move(eigen.vectors)};
}

at::Tensor gaussian(const SliceKey& key, std::int64_t rows, std::int64_t columns, const at::TensorOptions& options) {
  auto generator =
      at::detail::createCPUGenerator(counterRandom(key.seed, RandomUse::RandomDirections, key.cycle, key.layerIndex));
  const auto drawn = at::empty({rows, columns}, at::TensorOptions(at::kDouble)).normal_(0, 1, generator);
  return drawn.to(options.dtype(at::kDouble));
}

at::Tensor randomDirections(const SliceKey& key, std::int64_t count, std::int64_t side,
                            const at::TensorOptions& options) {
  return std::get<0>(at::linalg_qr(gaussian(key, side, count, options))).t();
}

}  // namespace rosa::adapt
