// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace rosa::device {

/// A row-major fp32 matrix in device memory; rows lie `stride` elements apart.
struct MatrixView {
  float* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t stride = 0;
};

/// What turns Philox's random bits into dropout factors: 0 below `threshold`, else `kept`.
struct DropoutRule {
  std::uint64_t key = 0;  ///< of the generator
  std::uint32_t threshold = 0;
  float kept = 1;
  std::int64_t first = 0;  ///< of the numbers under this key, with which to begin
};

/// Kernels of our own for what LibTorch has no operation for, or no fast one; implemented by the CUDA plug-in
/// (engine/cuda). They enqueue on the current stream. A call may decline by returning false; the caller then uses its
/// other form, which is also the oracle in tests.
class CudaKernels {
 public:
  virtual ~CudaKernels() = default;

  /// weight [rows, columns] += scale · (newLeftᵀ·newRight - oldLeftᵀ·oldRight) in one pass over the weight; left
  /// [rank, rows], right [rank, columns].
  [[nodiscard]] virtual bool updateWeight(MatrixView weight, MatrixView newLeft, MatrixView newRight,
                                          MatrixView oldLeft, MatrixView oldRight, float scale) const = 0;

  /// model::dropoutFactors of `count` numbers.
  [[nodiscard]] virtual bool dropoutFactors(float* factors, std::int64_t count, DropoutRule rule) const = 0;

  /// model::attentionDropoutFactors, [sequences, heads, longest, longest]. `lengths` lies in device memory; the key of
  /// sequence i is mix(rule.key ^ (rule.first + i)) with the mix of model/dropout.
  [[nodiscard]] virtual bool attentionDropoutFactors(float* factors, const std::int32_t* lengths,
                                                     std::int64_t sequences, std::int64_t heads, std::int64_t longest,
                                                     DropoutRule rule) const = 0;
};

/// The plug-in's kernels, loaded at the first call once CUDA is usable; null where there are none.
[[nodiscard]] const CudaKernels* cudaKernels();

/// Name of the plug-in's one exported function, `const CudaKernels* rosaCudaKernels()`.
inline constexpr const char* kCudaPluginEntry = "rosaCudaKernels";

}  // namespace rosa::device
