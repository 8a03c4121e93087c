// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

#include "gguf/block_type.h"
#include "rosa/services.h"

namespace rosa::convert {

/// What decides the format of one tensor.
struct TensorPlace {
  std::string_view name;  ///< in the file, with ".weight"
  std::int64_t dimensions = 0;
  std::int64_t rowLength = 0;
  std::int64_t layer = 0, layers = 1;
  bool tiedTable = false;  ///< the table of tokens that is the output layer too
};

/// The format of a tensor in a file of this type, as llama.cpp's converter and quantiser choose: vectors, tables of
/// positions and filters in F32; in Q4_K_M some matrices in Q6_K, a fused q, k, v too (where llama.cpp takes Q5_K);
/// rows that are no whole number of blocks in a format with smaller ones.
[[nodiscard]] gguf::BlockType blockTypeOf(GgufType type, const TensorPlace& place);

/// general.file_type.
[[nodiscard]] std::uint32_t fileTypeNumber(GgufType type);

}  // namespace rosa::convert
