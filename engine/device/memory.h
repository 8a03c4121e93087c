// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

/// Accounting of tensor memory: a counting allocator of our own on the CPU, the caching allocator's statistics on CUDA.
namespace rosa::device {

/// Replaces LibTorch's CPU allocator by one that counts and that takes large blocks from a BlockHeap. Once per process,
/// before the first tensor; further calls do nothing.
void installCountingAllocator();

struct TensorMemory {
  std::int64_t allocatedBytes = 0;  ///< in live tensors
  std::int64_t peakBytes = 0;       ///< highest allocatedBytes since resetPeak
  std::int64_t cachedBytes = 0;     ///< kept for reuse beyond live tensors
};

[[nodiscard]] TensorMemory tensorMemory(c10::Device device);
void resetPeak(c10::Device device);
/// Gives blocks kept for reuse back to the system.
void releaseCached(c10::Device device);

/// What the device has in all: machine memory, or the GPU's.
[[nodiscard]] std::int64_t deviceMemoryBytes(c10::Device device);

}  // namespace rosa::device
