// SPDX-License-Identifier: GPL-3.0-or-later
#include "device/cuda_kernels.h"

#include <dlfcn.h>

#include <filesystem>
#include <system_error>

#include "device/device.h"

namespace rosa::device {

namespace {

const CudaKernels* load() {
  if (!cudaState().usable) return nullptr;
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return nullptr;
  // Beside the programs in a build folder and in an installation alike.
  const auto plugin = program.parent_path().parent_path() / "lib" / "librosa_cuda.so";
  void* handle = dlopen(plugin.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return nullptr;
  using Entry = const CudaKernels* (*)();
  auto entry = reinterpret_cast<Entry>(dlsym(handle, kCudaPluginEntry));
  return entry != nullptr ? entry() : nullptr;
}

}  // namespace

const CudaKernels* cudaKernels() {
  static const CudaKernels* const kKernels = load();
  return kKernels;
}

}  // namespace rosa::device
