// SPDX-License-Identifier: GPL-3.0-or-later
#include "device/cpu.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>

namespace rosa::device {

namespace {

std::int64_t kibibytesAfter(const std::string& line) {
  std::istringstream in(line.substr(line.find(':') + 1));
  std::int64_t kib = 0;
  in >> kib;
  return kib * 1024;
}

}  // namespace

CpuFeatures readCpuFeatures() {
  CpuFeatures features;
  cpu_set_t usable;
  CPU_ZERO(&usable);
  if (sched_getaffinity(0, sizeof(usable), &usable) == 0) features.cores = std::max(1, CPU_COUNT(&usable));
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) features.name = line.substr(line.find(':') + 2);
    if (!line.starts_with("flags")) continue;
    std::istringstream flags(line.substr(line.find(':') + 1));
    for (std::string flag; flags >> flag;) {
      features.avx2 |= flag == "avx2";
      features.avx512 |= flag == "avx512bw";
      features.amx |= flag == "amx_bf16";
      features.bf16 |= flag == "avx512_bf16" || flag == "amx_bf16" || flag == "avx_ne_convert";
    }
    break;
  }
  return features;
}

std::string instructionsOf(const CpuFeatures& features) {
  std::string named = features.avx512 ? "AVX-512" : features.avx2 ? "AVX2" : "without AVX2";
  if (features.amx) named += ", AMX";
  if (features.bf16) named += ", bf16";
  return named;
}

ProcessMemory readProcessMemory() {
  ProcessMemory memory;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) memory.residentBytes = kibibytesAfter(line);
    if (line.starts_with("VmHWM:")) memory.peakResidentBytes = kibibytesAfter(line);
  }
  return memory;
}

double secondsOfProcess() {
  constexpr int kStartField = 22;  // proc(5), of which the second ends with the last ")"
  constexpr int kFirstBehindName = 3;
  std::ifstream file("/proc/self/stat");
  std::string all;
  std::getline(file, all);
  std::istringstream fields(all.substr(std::min(all.size(), all.rfind(')') + 1)));
  std::string field;
  for (int i = kFirstBehindName; i <= kStartField; ++i) fields >> field;
  timespec now{};
  if (!fields || clock_gettime(CLOCK_BOOTTIME, &now) != 0) return 0;
  const auto begun = static_cast<double>(std::atoll(field.c_str())) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9 - begun;
}

std::int64_t machineMemoryBytes() {
  auto bytes = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  std::ifstream limit("/sys/fs/cgroup/memory.max");
  std::int64_t groupBytes = 0;
  if (limit >> groupBytes && groupBytes > 0) bytes = std::min(bytes, groupBytes);
  return bytes;
}

}  // namespace rosa::device
