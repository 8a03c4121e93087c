// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rosa/expected.h"

namespace rosa::device {

/// Named tensors that a model can be filled from: a checkpoint folder, or tensors in memory. Lets model know nothing of
/// file formats and checkpoint nothing of models.
class TensorSource {
 public:
  virtual ~TensorSource() = default;
  [[nodiscard]] virtual bool contains(std::string_view name) const = 0;
  [[nodiscard]] virtual std::vector<std::string> names() const = 0;
  [[nodiscard]] virtual Expected<std::vector<std::int64_t>> shape(std::string_view name) const = 0;
  /// Fills `destination` (any dtype, any strides, same shape), converting; an error names file and tensor.
  [[nodiscard]] virtual Status read(std::string_view name, at::Tensor destination) const = 0;
  /// Whether two tensors of one shape hold the same numbers.
  [[nodiscard]] virtual Expected<bool> equal(std::string_view one, std::string_view other) const = 0;
};

}  // namespace rosa::device
