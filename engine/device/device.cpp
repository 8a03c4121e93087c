// SPDX-License-Identifier: GPL-3.0-or-later
#include "device/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "base/text.h"
#include "device/cpu.h"

namespace rosa::device {

namespace {

// The driver's interface, as far as naming a device goes; linked by nobody, so that the program starts without a
// driver.
std::string nameOfFirstDevice(void* driver) {
  using Init = int (*)(unsigned);
  using GetName = int (*)(char*, int, int);
  auto init = reinterpret_cast<Init>(dlsym(driver, "cuInit"));
  auto getName = reinterpret_cast<GetName>(dlsym(driver, "cuDeviceGetName"));
  char name[128] = {};
  if (init == nullptr || getName == nullptr || init(0) != 0 || getName(name, sizeof(name), 0) != 0) return {};
  return name;
}

std::atomic<std::int64_t> processesHere = 1;

/// As CUDA_VISIBLE_DEVICES names them; all that the driver has where it is not set.
std::vector<std::string> visibleGpus() {
  std::vector<std::string> gpus;
  if (const char* given = std::getenv("CUDA_VISIBLE_DEVICES")) {
    for (const auto name : base::split(given, ',')) gpus.emplace_back(base::trim(name));
    return gpus;
  }
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/driver/nvidia/gpus", none)) {
    static_cast<void>(entry);
    gpus.push_back(std::to_string(gpus.size()));
  }
  return gpus;
}

CudaState probe() {
  CudaState state;
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL);
  if (driver == nullptr) {
    state.explanation = "No NVIDIA driver is installed on this machine.";
    return state;
  }
  state.driverPresent = true;
  state.deviceName = nameOfFirstDevice(driver);
  if (state.deviceName.empty()) {
    state.explanation = "The NVIDIA driver is installed but finds no GPU.";
    return state;
  }
  // The backends register themselves when the library is loaded; nothing else is needed.
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    const char* reason = dlerror();
    state.explanation = std::string("LibTorch's CUDA half does not load: ") +
                        (reason != nullptr ? reason : "unknown reason") +
                        ". Run resources/scripts/setup again to fetch its libraries.";
    return state;
  }
  state.usable = at::globalContext().hasCUDA() && at::globalContext().getAcceleratorHooksInterface().deviceCount() > 0;
  state.explanation = state.usable ? "Ready." : "LibTorch's CUDA half is loaded but sees no device.";
  return state;
}

}  // namespace

const CudaState& cudaState() {
  static const CudaState kState = probe();
  return kState;
}

Expected<c10::Device> chooseDevice(DeviceChoice choice) {
  if (choice == DeviceChoice::Cpu) return c10::Device(c10::DeviceType::CPU);
  const auto& cuda = cudaState();
  if (cuda.usable) return c10::Device(c10::DeviceType::CUDA, 0);
  if (choice == DeviceChoice::Cuda) {
    return Error{"device: cuda was asked for, but it cannot be used here. " + cuda.explanation +
                 " Choose device auto or cpu."};
  }
  return c10::Device(c10::DeviceType::CPU);
}

std::string describe(c10::Device device) {
  if (device.is_cpu()) return "cpu";
  return device.str() + " " + cudaState().deviceName;
}

Tf32Scope::Tf32Scope(bool allowed) : before_(Tf32Scope::allowed()) {
  at::globalContext().setAllowTF32CuBLAS(allowed);
}

Tf32Scope::~Tf32Scope() {
  at::globalContext().setAllowTF32CuBLAS(before_);
}

bool Tf32Scope::allowed() {
  return at::globalContext().allowTF32CuBLAS();
}

void shareMachine(std::int64_t index, std::int64_t count) {
  processesHere = std::max<std::int64_t>(1, count);
  const auto gpus = visibleGpus();
  if (gpus.size() < 2) return;
  const auto own = static_cast<std::size_t>(index) % gpus.size();
  ::setenv("CUDA_VISIBLE_DEVICES", gpus[own].c_str(), 1);
}

std::int64_t useThreads(std::int64_t threads) {
  const std::int64_t count = threads > 0 ? threads : std::max<std::int64_t>(1, readCpuFeatures().cores / processesHere);
  at::set_num_threads(static_cast<int>(count));
  return count;
}

}  // namespace rosa::device
