// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "convert/gguf_family.h"
#include "gguf/gguf_file.h"
#include "gguf/gguf_writer.h"
#include "model/model.h"
#include "rosa/expected.h"
#include "rosa/services.h"

namespace rosa::convert {

/// A tensor as llama.cpp wants it: other name, rows in another order, norms + 1.
struct GgufTensor {
  std::string name;
  at::Tensor numbers;  ///< [rows, length] or [length]; a view of the model's own where nothing moves
  double factor = 1;   ///< the file holds numbers · factor + summand
  double summand = 0;
  gguf::BlockType type = gguf::BlockType::F32;
};

/// All tensors of a model, and those that llama.cpp reads settings from. Shares the model's storage. An error names a
/// tensor that has no place in the file.
[[nodiscard]] Expected<std::vector<GgufTensor>> ggufTensors(const std::vector<model::NamedTensor>& tensors,
                                                            const model::ModelConfig& config, const GgufFamily& family,
                                                            GgufType type);

/// What writes it, piece by piece.
[[nodiscard]] gguf::TensorToWrite toWrite(const GgufTensor& tensor);

/// How a file's tensors differ from those they were written from.
struct GgufDifference {
  std::int64_t tensors = 0;
  double rootMeanSquare = 0;  ///< of all numbers, as a share of theirs
};

/// Reads a written file back and compares it number by number. An error names a tensor that is missing, has another
/// shape, or is further off than its format rounds.
[[nodiscard]] Expected<GgufDifference> compareWithFile(const gguf::GgufFile& file,
                                                       const std::vector<GgufTensor>& tensors);

}  // namespace rosa::convert
