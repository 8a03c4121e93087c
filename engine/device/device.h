// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

#include "rosa/config.h"
#include "rosa/expected.h"

/// Which device a run computes on.
namespace rosa::device {

/// What could be learned of CUDA without loading LibTorch's CUDA half.
struct CudaState {
  bool driverPresent = false;
  bool usable = false;      ///< libtorch_cuda loads and sees at least one device
  std::string deviceName;   ///< of device 0
  std::string explanation;  ///< why not usable, or the driver's state, as one sentence
};

/// Loads LibTorch's CUDA half when a driver is present (once per process) and says what it found.
[[nodiscard]] const CudaState& cudaState();

/// `auto` takes CUDA where it is usable. Asking for CUDA where there is none is an error that says why.
[[nodiscard]] Expected<c10::Device> chooseDevice(DeviceChoice choice);

/// "cpu", or "cuda:0 NVIDIA H100".
[[nodiscard]] std::string describe(c10::Device device);

/// Whether fp32 matrix products on a GPU may be computed in TF32, for as long as the object lives; then it is as it
/// was. LibTorch's switch is one for the process: only what trains sets it, so that a run that is exported or evaluated
/// beside it does not change the arithmetic of its steps.
class Tf32Scope {
 public:
  explicit Tf32Scope(bool allowed);
  Tf32Scope(const Tf32Scope&) = delete;
  Tf32Scope& operator=(const Tf32Scope&) = delete;
  ~Tf32Scope();

  [[nodiscard]] static bool allowed();

 private:
  bool before_;
};

/// Sets LibTorch's threads of the calling thread's pool: 0 = all cores this process may use, or its share of them.
/// Returns the number.
std::int64_t useThreads(std::int64_t threads);

/// This process is number `index` of `count` on its machine that train together: the cores are divided among them, and
/// each takes a GPU of its own in turn. To be called before anything asks for a GPU.
void shareMachine(std::int64_t index, std::int64_t count);

}  // namespace rosa::device
