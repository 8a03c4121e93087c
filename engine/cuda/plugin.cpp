// SPDX-License-Identifier: GPL-3.0-or-later
#include <c10/cuda/CUDAStream.h>

#include "dropout_kernels.h"
#include "slice_kernels.h"

namespace rosa::cuda {

namespace {

using device::DropoutRule;
using device::MatrixView;

/// Enqueues on LibTorch's current stream, so that the kernels are ordered with ATen's own.
class Kernels final : public device::CudaKernels {
 public:
  bool updateWeight(MatrixView weight, MatrixView newLeft, MatrixView newRight, MatrixView oldLeft, MatrixView oldRight,
                    float scale) const override {
    return launchWeightUpdate(weight, newLeft, newRight, oldLeft, oldRight, scale, c10::cuda::getCurrentCUDAStream());
  }
  bool dropoutFactors(float* factors, std::int64_t count, DropoutRule rule) const override {
    return launchDropout(factors, count, rule, c10::cuda::getCurrentCUDAStream());
  }
  bool attentionDropoutFactors(float* factors, const std::int32_t* lengths, std::int64_t sequences, std::int64_t heads,
                               std::int64_t longest, DropoutRule rule) const override {
    return launchAttentionDropout(factors, lengths, sequences, heads, longest, rule, c10::cuda::getCurrentCUDAStream());
  }
};

}  // namespace

}  // namespace rosa::cuda

extern "C" __attribute__((visibility("default"))) const rosa::device::CudaKernels* rosaCudaKernels() {
  static const rosa::cuda::Kernels kKernels;
  return &kKernels;
}
