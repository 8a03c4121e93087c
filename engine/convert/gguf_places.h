// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "convert/gguf_family.h"
#include "model/model_config.h"

/// Which tensor of a decoder is which of llama.cpp's. Names are whole, with ".weight" or ".bias" where they have it.
namespace rosa::convert {

struct FilePlace {
  std::string name;                                       ///< in the file
  std::string_view model::DecoderNames::*part = nullptr;  ///< null: the output layer
  std::int64_t layer = -1;                                ///< -1: outside of the layers
};

/// Where llama.cpp keeps the tensor that a checkpoint calls so; nothing where it has no place for it.
[[nodiscard]] std::optional<FilePlace> placeInFile(std::string_view name, const model::ModelConfig& config,
                                                   const GgufFamily& family);

struct FolderPlace {
  std::string name;  ///< in a checkpoint
  std::string_view model::DecoderNames::*part = nullptr;
};

/// What a checkpoint calls a tensor of a file; nothing where this model has no such tensor.
[[nodiscard]] std::optional<FolderPlace> placeInFolder(std::string_view name, const model::ModelConfig& config,
                                                       const GgufFamily& family);

}  // namespace rosa::convert
