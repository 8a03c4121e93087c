// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "rosa/expected.h"

namespace rosa::service {

/// Whether the path is a file that begins as GGUF does.
[[nodiscard]] bool isGgufFile(const std::filesystem::path& path);

/// Writes the model of a GGUF file as a Hugging Face folder: config.json, weights, tokenizer, chat template and end
/// tokens. What lies in 16 or 32 bits stays so; what lies in blocks becomes fp32, which holds it exactly. The folder
/// takes its name once it is whole and its model and tokenizer open.
[[nodiscard]] Status importGguf(const std::filesystem::path& file, const std::filesystem::path& destination);

/// The folder of a model: the path itself, or, of a GGUF file, its folder below $ROSA_HOME/imported, which is written
/// where it is not there yet. A file that has changed gets another one.
[[nodiscard]] Expected<std::filesystem::path> modelFolderOf(const std::filesystem::path& path);

}  // namespace rosa::service
