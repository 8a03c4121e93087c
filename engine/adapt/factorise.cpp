// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/factorise.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "adapt/chunks.h"
#include "adapt/directions.h"

namespace rosa::adapt {

namespace {

/// rows·W in fp64, [rank, out]; rows are fp64 [rank, in].
at::Tensor timesWeight(const at::Tensor& rows, const at::Tensor& weight) {
  auto images = at::empty({weight.size(1), rows.size(0)}, rows.options());
  forEachChunk(weight.t(), [&](const at::Tensor& chunk, std::int64_t first) {
    images.narrow(0, first, chunk.size(0)).copy_(at::mm(chunk, rows.t()));
  });
  return images.t();
}

at::Tensor orthonormalRows(const at::Tensor& rows) {
  return std::get<0>(at::linalg_qr(rows.t())).t();
}

at::Tensor stored(const at::Tensor& values, const at::Tensor& weight) {
  return values.to(weight.scalar_type()).contiguous();
}

}  // namespace

Factors factorsAlong(const at::Tensor& weight, const at::Tensor& directions) {
  Factors factors;
  factors.directions = stored(directions, weight);
  if (weight.size(0) < weight.size(1)) {
    const auto wide = directions.to(at::kDouble);
    const auto [orthonormal, rest] = at::linalg_qr(timesWeight(wide, weight).t());
    factors.b = stored(orthonormal.t(), weight);
    factors.a = stored(at::mm(wide.t(), rest.t()), weight);
  } else {
    factors.b = factors.directions;
    factors.a = at::mm(weight, factors.b.t());
  }
  return factors;
}

Expected<Factors> factorise(const at::Tensor& weight, const Slice& slice) {
  ROSA_TRY(const auto spectrum, spectrumOf(weight, Basis::Exact, slice.start, slice.count));
  return factorsAlong(weight, spectrum.directions);
}

Factors gaussianFactors(const at::Tensor& weight, const SliceKey& key, std::int64_t rank) {
  const auto rows = gaussian(key, rank, weight.size(1), weight.options());
  return {at::zeros({weight.size(0), rank}, weight.options()), stored(rows, weight),
          stored(orthonormalRows(rows), weight)};
}

Factors projectionFactors(const at::Tensor& weight, const SliceKey& key, std::int64_t rank, bool orthogonal) {
  const std::int64_t in = weight.size(0);
  const auto columns = gaussian(key, in, rank, weight.options()) / std::sqrt(static_cast<double>(in));
  const auto [orthonormal, triangle] = at::linalg_qr(columns);
  auto b = timesWeight(orthonormal.t(), weight);
  const auto directions = in < weight.size(1) ? orthonormal.t() : orthonormalRows(b);
  if (!orthogonal) b = at::linalg_solve_triangular(triangle, b, /*upper=*/true);
  return {stored(orthogonal ? orthonormal : columns, weight), stored(b, weight), stored(directions, weight)};
}

}  // namespace rosa::adapt
