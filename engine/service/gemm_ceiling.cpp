// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/gemm_ceiling.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace rosa::service {

double measureGemmGflops(c10::Device device) {
  // About 50 MB in all: large enough for the ceiling, small enough not to be the process's memory peak.
  constexpr std::int64_t kSide = 2048;
  constexpr int kRepeats = 6;
  const auto options = at::TensorOptions().device(device).dtype(at::kFloat);
  const auto a = at::rand({kSide, kSide}, options);
  const auto b = at::rand({kSide, kSide}, options);
  auto c = at::empty({kSide, kSide}, options);
  double best = 0;
  for (int i = 0; i < kRepeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    at::mm_out(c, a, b);
    // Reading an element waits for the device.
    (void)c[0][0].item<float>();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::max(best, 2.0 * kSide * kSide * kSide / seconds.count() / 1e9);
  }
  return best;
}

}  // namespace rosa::service
