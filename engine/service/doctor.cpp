// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/doctor.h"

#include <fmt/format.h>
#include <torch/headeronly/version.h>

#include <filesystem>
#include <fstream>
#include <system_error>

#include "device/cpu.h"
#include "device/cuda_kernels.h"
#include "device/device.h"
#include "rosa/engine.h"
#include "service/fitting_models.h"

namespace rosa::service {

namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;

std::string systemName() {
  std::ifstream release("/etc/os-release");
  for (std::string line; std::getline(release, line);) {
    if (line.starts_with("PRETTY_NAME=\"")) return line.substr(13, line.size() - 14);
  }
  return "unknown";
}

/// The nearest existing folder, since ROSA_HOME may not exist before the first run.
std::filesystem::path existingParent(std::filesystem::path path) {
  std::error_code unreadable;  // counts as not there
  while (!path.empty() && !std::filesystem::exists(path, unreadable) && path != path.parent_path()) {
    path = path.parent_path();
  }
  return path;
}

/// The largest model that a run could train in this machine's memory.
void addFitting(MachineReport& report, const char* name, WeightType weights) {
  const auto model = largestFittingModel(report.memoryBytes, weights);
  const auto value = model ? fmt::format("up to {}: about {:.1f} GiB with ROSA, 512 tokens at a time",
                                         model->description, static_cast<double>(model->bytes) / kGiB)
                           : std::string("no published model fits into this memory");
  report.lines.push_back({name, value, !model});
}

}  // namespace

MachineReport examineMachine() {
  MachineReport report;
  const auto cpu = device::readCpuFeatures();
  const auto& cuda = device::cudaState();
  report.cores = cpu.cores;
  report.memoryBytes = device::machineMemoryBytes();
  report.cudaUsable = cuda.usable;
  report.cudaDevice = cuda.deviceName;
  report.bf16Fast = cpu.bf16;

  const auto add = [&report](std::string name, std::string value, bool warning = false) {
    report.lines.push_back({std::move(name), std::move(value), warning});
  };
  add("System", systemName());
  add("Processor", fmt::format("{}, {} core{} usable", cpu.name, cpu.cores, cpu.cores == 1 ? "" : "s"));
  add("Vector units",
      cpu.avx512 ? "AVX-512"
      : cpu.avx2 ? "AVX2"
                 : "neither AVX2 nor AVX-512: training will be slow",
      !cpu.avx2 && !cpu.avx512);
  add("bf16", cpu.bf16 ? "in hardware" : "not in hardware: this CPU computes in fp32", !cpu.bf16 && !cuda.usable);
  add("Memory", fmt::format("{:.1f} GiB", static_cast<double>(report.memoryBytes) / kGiB));
  addFitting(report, "Trains in fp32", WeightType::Fp32);
  addFitting(report, "Trains in bf16", WeightType::Bf16);
  addFitting(report, "Trains in int8", WeightType::Int8);
  add("GPU",
      cuda.usable          ? cuda.deviceName
      : cuda.driverPresent ? cuda.explanation
                           : "none: " + cuda.explanation,
      cuda.driverPresent && !cuda.usable);
  if (cuda.usable) {
    add("CUDA kernels",
        device::cudaKernels() != nullptr ? "our own are loaded" : "LibTorch's alone: our plug-in was not built");
  }
  add("LibTorch", fmt::format("{}.{}.{}", TORCH_VERSION_MAJOR, TORCH_VERSION_MINOR, TORCH_VERSION_PATCH));
  const auto home = rosaHome();
  std::error_code error;
  const auto space = std::filesystem::space(existingParent(home), error);
  add("Runs", home.string());
  if (!error) {
    const double free = static_cast<double>(space.available) / kGiB;
    add("Free disk", fmt::format("{:.1f} GiB", free), free < 1);
  }
  return report;
}

}  // namespace rosa::service
