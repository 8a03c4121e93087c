// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gguf/value.h"
#include "model/model_config.h"
#include "rosa/expected.h"
#include "text/tokenizer.h"

namespace rosa::convert {

/// Writes a folder's tokenizer into a file's metadata: tokens with their kinds, merges or scores, how texts are cut and
/// framed, every token that ends a text, and the chat template. `tokenizer` is the folder's. Sentences on what
/// llama.cpp does otherwise are added to `remarks`. An error says why the vocabulary cannot be expressed, with the
/// remedy.
[[nodiscard]] Status setVocabulary(const std::filesystem::path& folder, const text::Tokenizer& tokenizer,
                                   const model::ModelConfig& config, gguf::Metadata& metadata,
                                   std::vector<std::string>& remarks);

}  // namespace rosa::convert
