// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "model/decoder_spec.h"

/// How llama.cpp lays the tensors of a gated delta rule. A checkpoint has the value heads of one key head side by side;
/// llama.cpp repeats the key heads as a whole, so that value heads k, k + keyHeads, k + 2·keyHeads, ... belong to key
/// head k.
namespace rosa::convert {

/// Whether a tensor of a file has as many rows, of the last projection columns, as such heads ask for. `dimensions`
/// begin with the length of a row.
[[nodiscard]] bool fitsDelta(std::string_view name, std::span<const std::uint64_t> dimensions,
                             const model::DeltaShape& shape);

/// A tensor of one layer as the file has it; `name` as there, behind "blk.N.". The decay is -exp(A_log) there.
[[nodiscard]] at::Tensor toDeltaOrder(std::string_view name, const at::Tensor& numbers, const model::DeltaShape& shape);

/// The inverse, but for the shape of the convolution's filters.
[[nodiscard]] at::Tensor fromDeltaOrder(std::string_view name, const at::Tensor& numbers,
                                        const model::DeltaShape& shape);

}  // namespace rosa::convert
