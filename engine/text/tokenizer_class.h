// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/json.h"
#include "text/role.h"

/// What Transformers 5.24 makes of a tokenizer.json depends on a class that the folder names or its model implies: some
/// classes take the vocabulary from the file and build the rest themselves.
namespace rosa::text {

/// FromFile uses tokenizer.json as it stands; the others build normalizer, pre-tokenizer and decoder of their own.
enum class TokenizerClass {
  FromFile,
  Albert,
  Bert,
  Cohere,
  Deberta,
  DebertaV2,
  Gemma,
  Gpt2,
  GptNeoX,
  Llama,
  Qwen2,
  Qwen35,
  Roberta,
  T5,
  XlmRoberta
};

struct ChosenClass {
  TokenizerClass kind = TokenizerClass::FromFile;
  std::string name = "TokenizersBackend";  ///< transformers' name of it
  std::string remark;                      ///< where a named class is not the one that is used; else empty
  bool forced = false;                     ///< the model's kind takes it whatever the folder names
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
/// Whether a class frames texts itself, whatever tokenizer.json says.
[[nodiscard]] bool framesTexts(TokenizerClass kind);
/// Whether a class reads do_lower_case from tokenizer_config.json.
[[nodiscard]] bool readsLowerCase(TokenizerClass kind);

}  // namespace rosa::text
