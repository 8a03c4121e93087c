// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>

#include "support/golden.h"

namespace rosa::test {

/// The tokenizer that a golden GGUF file was made with. SentencePiece models as tokenizer.json lie in the repository
/// (tests/golden/gguf-tokenizers).
inline std::filesystem::path ggufTokenizerOf(const std::string& model) {
  auto made = sourceDirectory() / "tests" / "golden" / "gguf-tokenizers" / model;
  return std::filesystem::exists(made) ? made : goldenDirectory() / "gguf" / "tokenizers" / model;
}

/// A model's name as GoogleTest takes it.
inline std::string modelTestName(std::string name) {
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace rosa::test
