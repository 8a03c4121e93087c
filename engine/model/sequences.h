// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace rosa::model {

/// Where the sequences of a flat stream lie, for the attention: made once a pass, read by every layer. Copies share the
/// tensors.
struct Sequences {
  std::vector<std::int64_t> offsets;  ///< [sequences + 1], first 0, last = tokens
  std::int64_t longest = 0;           ///< tokens

  // For forms that take all sequences at once; undefined until `placeOn`.
  at::Tensor deviceOffsets;  ///< int32 [sequences + 1]
  at::Tensor lengths;        ///< int32 [sequences]
  at::Tensor paddedRows;     ///< int64 [tokens]: each token's row where every sequence has `longest` rows

  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
  [[nodiscard]] std::int64_t length(std::int64_t sequence) const;
  /// Makes the tensors there.
  void placeOn(c10::Device device);
};

/// With the tensors where the device is not the CPU, whose attention takes one sequence after another.
[[nodiscard]] Sequences sequencesOf(std::vector<std::int64_t> offsets, c10::Device device);

}  // namespace rosa::model
