// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "gguf/gguf_file.h"
#include "rosa/expected.h"

namespace rosa::convert {

/// What a file says of texts, as the files of a Hugging Face folder.
struct FolderTexts {
  base::Json tokenizer;              ///< tokenizer.json
  base::Json settings;               ///< tokenizer_config.json, with the chat template
  std::string chatTemplate;          ///< chat_template.jinja; empty where the file has none
  std::vector<std::int64_t> endIds;  ///< every token that ends a text, for generation_config.json
};

/// Byte-level BPE (tokenizer.ggml.model = gpt2) with the pre-tokenizer that the file names, and SentencePiece's BPE
/// (llama), whose merges follow from its scores. An error names the kind, the pre-tokenizer or the key that cannot be
/// read.
[[nodiscard]] Expected<FolderTexts> textsOfGguf(const gguf::GgufFile& file);

}  // namespace rosa::convert
