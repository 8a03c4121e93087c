// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "convert/gguf_family.h"
#include "gguf/gguf_file.h"
#include "gguf/gguf_writer.h"
#include "model/model_config.h"
#include "rosa/expected.h"

namespace rosa::convert {

/// A tensor of a file as a Hugging Face checkpoint has it: its name, shape and order of rows, norms - 1.
struct FolderTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  /// F32, F16 or BF16 as in the file; F32 what lies in blocks there, which no 16 bits hold exactly.
  gguf::BlockType type = gguf::BlockType::F32;
  /// Hands over all bytes in order. The file must outlive it.
  std::function<Status(const gguf::ByteSink&)> produce;
};

/// All tensors of a file; `config` is what `configOfGguf` says of it. An error names a tensor that such a model does
/// not have, or a format that is not read here.
[[nodiscard]] Expected<std::vector<FolderTensor>> folderTensors(const gguf::GgufFile& file,
                                                                const model::ModelConfig& config);

}  // namespace rosa::convert
