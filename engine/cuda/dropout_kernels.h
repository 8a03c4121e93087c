// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cuda_runtime_api.h>

#include "device/cuda_kernels.h"

/// Launchers free of LibTorch, so that nvcc does not read its headers; they only enqueue on `stream`.
namespace rosa::cuda {

bool launchDropout(float* factors, std::int64_t count, const device::DropoutRule& rule, cudaStream_t stream);

bool launchAttentionDropout(float* factors, const std::int32_t* lengths, std::int64_t sequences, std::int64_t heads,
                            std::int64_t longest, const device::DropoutRule& rule, cudaStream_t stream);

}  // namespace rosa::cuda
