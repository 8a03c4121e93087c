// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/factorise.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "adapt/eigen.h"

namespace rosa::adapt {

namespace {

/// Elements of W that are held in fp64 at a time: 16 MiB.
constexpr std::int64_t kChunkElements = std::int64_t{1} << 21;
/// Side of the blocks in which the Gram matrix's upper triangle is computed.
constexpr std::int64_t kGramBlock = 192;

/// Calls `visit(chunk, first)` with the rows of a tall matrix in fp64, some at a time.
template <typename Visit>
void forEachChunk(const at::Tensor& tall, Visit visit) {
  const std::int64_t rows = std::max<std::int64_t>(kChunkElements / std::max<std::int64_t>(tall.size(1), 1), 1);
  for (std::int64_t first = 0; first < tall.size(0); first += rows) {
    visit(tall.narrow(0, first, std::min(rows, tall.size(0) - first)).to(at::kDouble), first);
  }
}

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

}  // namespace

Expected<Factors> factorise(const at::Tensor& weight, const Slice& slice) {
  const std::int64_t in = weight.size(0);
  const std::int64_t out = weight.size(1);
  const bool sideIsIn = in < out;
  const auto tall = sideIsIn ? weight.t() : weight;  // [larger side, smaller side]

  ROSA_TRY(const auto vectors, largestFirstEigenvectors(upperGram(tall), slice.start, slice.count));

  Factors factors;
  factors.directions = vectors.to(weight.scalar_type());
  if (sideIsIn) {
    auto images = at::empty({out, slice.count}, vectors.options());  // Wᵀ·U_S
    forEachChunk(tall, [&](const at::Tensor& chunk, std::int64_t first) {
      images.narrow(0, first, chunk.size(0)).copy_(at::mm(chunk, vectors.t()));
    });
    factors.b = std::get<0>(at::linalg_qr(images)).t().to(weight.scalar_type()).contiguous();
  } else {
    factors.b = factors.directions;
  }
  factors.a = at::mm(weight, factors.b.t());
  return factors;
}

}  // namespace rosa::adapt
