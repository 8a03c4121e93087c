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

/// Kernels of our own for the two thin products of an adapted layer, implemented by the CUDA plug-in (engine/cuda).
/// Every call may decline by returning false; the caller then uses the ATen form, which is also the oracle in tests.
class SliceKernels {
 public:
  virtual ~SliceKernels() = default;

  /// weight += scale · (newA·newB - oldA·oldB) in one pass over weight [in, out]; A [in, rank], B [rank, out].
  [[nodiscard]] virtual bool updateWeight(MatrixView weight, MatrixView newA, MatrixView newB, MatrixView oldA,
                                          MatrixView oldB, float scale) const = 0;

  /// gradient [rank, columns] += scale · projectedᵀ·rows with projected [tokens, rank] and rows [tokens, columns]; with
  /// `transposed` the result is added to gradient [columns, rank] instead. dB of a layer is (x·A)ᵀ·dy, dA is the
  /// transposed form with projected = dy·Bᵀ and rows = x.
  [[nodiscard]] virtual bool addThinGradient(MatrixView gradient, MatrixView projected, MatrixView rows, float scale,
                                             bool transposed) const = 0;
};

/// The plug-in's kernels, loaded at the first call once CUDA is usable; null where there are none.
[[nodiscard]] const SliceKernels* cudaSliceKernels();

/// Name of the plug-in's one exported function, `const SliceKernels* rosaCudaSliceKernels()`.
inline constexpr const char* kCudaPluginEntry = "rosaCudaSliceKernels";

}  // namespace rosa::device
