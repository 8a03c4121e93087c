// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cuda_runtime_api.h>

#include "device/slice_kernels.h"

/// Launchers of the kernels, free of LibTorch so that nvcc does not read its headers. They return false for shapes they
/// do not cover and otherwise only enqueue on `stream`.
namespace rosa::cuda {

inline constexpr int kLargestRank = 64;

bool launchWeightUpdate(const device::MatrixView& weight, const device::MatrixView& newA,
                        const device::MatrixView& newB, const device::MatrixView& oldA, const device::MatrixView& oldB,
                        float scale, cudaStream_t stream);

bool launchThinGradient(const device::MatrixView& gradient, const device::MatrixView& projected,
                        const device::MatrixView& rows, float scale, bool transposed, cudaStream_t stream);

}  // namespace rosa::cuda
