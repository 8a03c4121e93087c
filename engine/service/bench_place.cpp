// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/bench_place.h"

#include <algorithm>
#include <cstddef>

#include "device/cpu.h"
#include "device/memory.h"
#include "service/gemm_ceiling.h"
#include "train/session.h"

namespace rosa::service {

BenchPlace placeBefore(const train::Session& session) {
  return {session.threads, device::instructionsOf(device::readCpuFeatures()), measureGemmGflops(session.device)};
}

void completePlace(BenchPlace& place, const train::Session& session) {
  place.gemmGflops = std::max(place.gemmGflops, measureGemmGflops(session.device));
}

double peakMemoryMb(const train::Session& session) {
  const auto bytes = session.device.is_cpu() ? device::readProcessMemory().peakResidentBytes
                                             : device::tensorMemory(session.device).peakBytes;
  return static_cast<double>(bytes) / 1e6;
}

double medianOf(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace rosa::service
