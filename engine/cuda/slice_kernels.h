// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cuda_runtime_api.h>

#include "device/cuda_kernels.h"

/// Launchers of the kernels, free of LibTorch so that nvcc does not read its headers. They return false for shapes they
/// do not cover and otherwise only enqueue on `stream`.
namespace rosa::cuda {

inline constexpr int kLargestRank = 64;

bool launchWeightUpdate(const device::MatrixView& weight, const device::MatrixView& newLeft,
                        const device::MatrixView& newRight, const device::MatrixView& oldLeft,
                        const device::MatrixView& oldRight, float scale, cudaStream_t stream);

}  // namespace rosa::cuda
