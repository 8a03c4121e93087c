// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/safetensors_writer.h"
#include "checkpoint/tensor_reader.h"
#include "device/tensor_source.h"
#include "rosa/expected.h"

/// Between tensors on disk and tensors in memory. Everything passes in pieces of a few MiB, so that conversion never
/// needs a second copy of a tensor.
namespace rosa::checkpoint {

/// LibTorch's type of the same numbers; nothing where it has none that is computed with here.
[[nodiscard]] std::optional<at::ScalarType> scalarType(Dtype dtype);
/// The dtype that tensors of a type are stored in.
[[nodiscard]] Dtype storedDtype(at::ScalarType type);

/// Fills `destination` (same shape, any strides and device) from the named tensor. Among fp32, fp16, bf16 and fp64 the
/// values are converted; other dtypes must be the same on both sides.
[[nodiscard]] Status readTensor(const TensorReader& reader, std::string_view name, at::Tensor destination);

/// The named tensor as a new one on the CPU, in its own dtype or the one asked for.
[[nodiscard]] Expected<at::Tensor> loadTensor(const TensorReader& reader, std::string_view name,
                                              std::optional<at::ScalarType> dtype = std::nullopt);

/// What writes `tensor` (any strides and device) as it is when its turn comes, in its own dtype or `storedAs`. Shares
/// its storage: do not train on before the file is written.
[[nodiscard]] TensorToWrite tensorToWrite(std::string name, at::Tensor tensor,
                                          std::optional<at::ScalarType> storedAs = std::nullopt);

/// What writes a tensor of `reader` under its own name, byte for byte in whatever dtype it lies there. Both must
/// outlive the writing.
[[nodiscard]] TensorToWrite copyOfTensor(const TensorReader& reader, const TensorEntry& entry);

/// A file or model folder as the place that a model is filled from; `reader` must outlive it.
class FileTensorSource final : public device::TensorSource {
 public:
  explicit FileTensorSource(const TensorReader& reader) : reader_(reader) {}

  [[nodiscard]] bool contains(std::string_view name) const override;
  [[nodiscard]] std::vector<std::string> names() const override;
  [[nodiscard]] Expected<std::vector<std::int64_t>> shape(std::string_view name) const override;
  [[nodiscard]] Status read(std::string_view name, at::Tensor destination) const override;
  [[nodiscard]] Expected<bool> equal(std::string_view one, std::string_view other) const override;

 private:
  const TensorReader& reader_;
};

}  // namespace rosa::checkpoint
