// SPDX-License-Identifier: GPL-3.0-or-later
#include <c10/cuda/CUDAStream.h>

#include "slice_kernels.h"

namespace rosa::cuda {

namespace {

/// Enqueues on LibTorch's current stream, so that the kernels are ordered with ATen's own.
class CudaSliceKernels final : public device::SliceKernels {
 public:
  bool updateWeight(device::MatrixView weight, device::MatrixView newA, device::MatrixView newB,
                    device::MatrixView oldA, device::MatrixView oldB, float scale) const override {
    return launchWeightUpdate(weight, newA, newB, oldA, oldB, scale, c10::cuda::getCurrentCUDAStream());
  }
  bool addThinGradient(device::MatrixView gradient, device::MatrixView projected, device::MatrixView rows, float scale,
                       bool transposed) const override {
    return launchThinGradient(gradient, projected, rows, scale, transposed, c10::cuda::getCurrentCUDAStream());
  }
};

}  // namespace

}  // namespace rosa::cuda

extern "C" __attribute__((visibility("default"))) const rosa::device::SliceKernels* rosaCudaSliceKernels() {
  static const rosa::cuda::CudaSliceKernels kKernels;
  return &kKernels;
}
