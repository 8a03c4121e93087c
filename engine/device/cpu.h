// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

/// What this machine's processor and memory offer. Pure readings of the system, callable from any thread.
namespace rosa::device {

struct CpuFeatures {
  std::string name;        ///< "AMD EPYC 7763 ..."
  std::int64_t cores = 1;  ///< that this process may use
  bool avx2 = false;
  bool avx512 = false;
  bool amx = false;
  /// Has bf16 arithmetic that LibTorch's GEMM uses. Without it a bf16 product is about 130 times slower than an fp32
  /// one, so the engine computes in fp32 there.
  bool bf16 = false;
};

[[nodiscard]] CpuFeatures readCpuFeatures();
/// What of these matters to matrix products: "AVX-512, bf16".
[[nodiscard]] std::string instructionsOf(const CpuFeatures& features);

struct ProcessMemory {
  std::int64_t residentBytes = 0;
  std::int64_t peakResidentBytes = 0;  ///< since the process began
};
[[nodiscard]] ProcessMemory readProcessMemory();

/// Seconds since this process began, to a hundredth; 0 where the system does not tell.
[[nodiscard]] double secondsOfProcess();

/// Physical memory, or the control group's limit where that is lower.
[[nodiscard]] std::int64_t machineMemoryBytes();

}  // namespace rosa::device
