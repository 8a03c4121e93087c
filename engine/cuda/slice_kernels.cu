// SPDX-License-Identifier: GPL-3.0-or-later
#include "slice_kernels.h"

namespace rosa::cuda {

namespace {

using device::MatrixView;

constexpr int kTileRows = 32;
constexpr int kTileColumns = 128;

// One block updates a tile of W. The factors' parts for the tile are read once into shared memory; W itself is read and
// written once, coalesced along its rows: the pass over W is the floor this kernel is meant to reach.
__global__ void updateWeightKernel(MatrixView weight, MatrixView newA, MatrixView newB, MatrixView oldA,
                                   MatrixView oldB, int rank, float scale) {
  extern __shared__ float shared[];
  float* rowsNew = shared;                      // [kTileRows][rank]
  float* rowsOld = rowsNew + kTileRows * rank;  // [kTileRows][rank]
  const std::int64_t firstRow = static_cast<std::int64_t>(blockIdx.y) * kTileRows;
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * kTileColumns + threadIdx.x;
  const int rows = static_cast<int>(min(static_cast<std::int64_t>(kTileRows), weight.rows - firstRow));

  for (int i = static_cast<int>(threadIdx.x); i < rows * rank; i += kTileColumns) {
    const std::int64_t row = firstRow + i / rank;
    const int k = i % rank;
    rowsNew[i] = scale * newA.data[row * newA.stride + k];
    rowsOld[i] = scale * oldA.data[row * oldA.stride + k];
  }
  __syncthreads();
  if (column >= weight.columns) return;

  for (int row = 0; row < rows; ++row) {
    float change = 0;
    for (int k = 0; k < rank; ++k) {
      change = fmaf(rowsNew[row * rank + k], newB.data[k * newB.stride + column], change);
      change = fmaf(-rowsOld[row * rank + k], oldB.data[k * oldB.stride + column], change);
    }
    weight.data[(firstRow + row) * weight.stride + column] += change;
  }
}

constexpr int kGradientColumns = 64;  // of a block, one a thread along x
constexpr int kGradientLanes = 8;     // threads along y share the tokens

// One block computes projectedᵀ·rows for a stretch of columns: each thread walks every kGradientLanes-th token with its
// column's sums in registers, then the lanes are added in a fixed order, so that the result never depends on
// scheduling.
template <int kRankTile>
__global__ void thinGradientKernel(MatrixView gradient, MatrixView projected, MatrixView rows, int firstRank,
                                   float scale, bool transposed) {
  __shared__ float partial[kGradientLanes][kRankTile][kGradientColumns];
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * kGradientColumns + threadIdx.x;
  const bool inside = column < rows.columns;
  float sums[kRankTile] = {};
  if (inside) {
    for (std::int64_t token = threadIdx.y; token < rows.rows; token += kGradientLanes) {
      const float value = rows.data[token * rows.stride + column];
      const float* factor = projected.data + token * projected.stride + firstRank;
#pragma unroll
      for (int k = 0; k < kRankTile; ++k) sums[k] = fmaf(factor[k], value, sums[k]);
    }
  }
#pragma unroll
  for (int k = 0; k < kRankTile; ++k) partial[threadIdx.y][k][threadIdx.x] = sums[k];
  __syncthreads();
  if (!inside) return;
  for (int k = static_cast<int>(threadIdx.y); k < kRankTile; k += kGradientLanes) {
    float sum = 0;
    for (int lane = 0; lane < kGradientLanes; ++lane) sum += partial[lane][k][threadIdx.x];
    const int rank = firstRank + k;
    float* target =
        transposed ? gradient.data + column * gradient.stride + rank : gradient.data + rank * gradient.stride + column;
    *target += scale * sum;
  }
}

unsigned blocks(std::int64_t size, int tile) {
  return static_cast<unsigned>((size + tile - 1) / tile);
}

}  // namespace

bool launchWeightUpdate(const MatrixView& weight, const MatrixView& newA, const MatrixView& newB,
                        const MatrixView& oldA, const MatrixView& oldB, float scale, cudaStream_t stream) {
  const auto rank = newA.columns;
  if (rank < 1 || rank > kLargestRank || weight.rows == 0 || weight.columns == 0) return false;
  const dim3 grid(blocks(weight.columns, kTileColumns), blocks(weight.rows, kTileRows));
  const std::size_t sharedBytes = 2 * kTileRows * static_cast<std::size_t>(rank) * sizeof(float);
  updateWeightKernel<<<grid, kTileColumns, sharedBytes, stream>>>(weight, newA, newB, oldA, oldB,
                                                                  static_cast<int>(rank), scale);
  return cudaGetLastError() == cudaSuccess;
}

bool launchThinGradient(const MatrixView& gradient, const MatrixView& projected, const MatrixView& rows, float scale,
                        bool transposed, cudaStream_t stream) {
  const auto rank = projected.columns;
  if (rank < 1 || rank > kLargestRank || rank % 4 != 0 || rows.columns == 0) return false;
  const dim3 grid(blocks(rows.columns, kGradientColumns));
  const dim3 block(kGradientColumns, kGradientLanes);
  for (int first = 0; first < rank;) {
    const int left = static_cast<int>(rank) - first;
    if (left >= 8) {
      thinGradientKernel<8><<<grid, block, 0, stream>>>(gradient, projected, rows, first, scale, transposed);
      first += 8;
    } else {
      thinGradientKernel<4><<<grid, block, 0, stream>>>(gradient, projected, rows, first, scale, transposed);
      first += 4;
    }
  }
  return cudaGetLastError() == cudaSuccess;
}

}  // namespace rosa::cuda
