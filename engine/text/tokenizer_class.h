// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/role.h"

/// What Transformers 5.24 makes of a tokenizer.json depends on a class that the folder names or its model implies: some
/// classes take the vocabulary from the file and build the rest themselves.
namespace rosa::text {

/// FromFile uses tokenizer.json as it stands; the others build normalizer, pre-tokenizer and decoder of their own.
enum class TokenizerClass { FromFile, Bert, Gpt2, Roberta, Llama, Qwen2 };

struct ChosenClass {
  TokenizerClass kind = TokenizerClass::FromFile;
  std::string name = "TokenizersBackend";  ///< transformers' name of it
  std::string remark;                      ///< where a named class is not the one that is used; else empty
};

/// The class that AutoTokenizer would take for these files; null for one that is not there.
[[nodiscard]] ChosenClass chooseClass(const base::Json& tokenizerJson, const base::Json& tokenizerConfig,
                                      const base::Json& modelConfig);

/// Whether the file's model is of the kind that the class builds.
[[nodiscard]] bool fitsModel(TokenizerClass kind, const base::Json& tokenizerJson);

/// The tokens that a class has where the folder says nothing; empty = none.
[[nodiscard]] std::array<std::string_view, kRoles> usualTokens(TokenizerClass kind);

/// Whether a class hands token types on to the model, unless tokenizer_config.json says otherwise.
[[nodiscard]] bool givesTypes(TokenizerClass kind);

struct BuiltTokenizer {
  base::Json json;                 ///< a tokenizer.json that says what the class builds
  std::vector<std::string> parts;  ///< those of the file that are not used because the class has others
};

/// `roles` are the texts of the tokens in use; empty = none.
[[nodiscard]] BuiltTokenizer buildAs(TokenizerClass kind, base::Json tokenizerJson, const base::Json& tokenizerConfig,
                                     const std::array<std::string, kRoles>& roles);

}  // namespace rosa::text
