// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "rosa/expected.h"

namespace rosa::convert {

/// The name under which llama.cpp knows how a byte-level BPE tokenizer cuts texts into words, tokenizer.ggml.pre.
/// Chosen by what it does: the tokenizer's own pre-tokenizer and each known one cut a text of letters, digits,
/// contractions, blanks, marks and several scripts, and the first whose words are the same counts. Nothing where none
/// cuts so.
///
/// `preTokenizer` is tokenizer.json's; `ignoresMerges` its model's ignore_merges, which llama.cpp ties to the name.
[[nodiscard]] Expected<std::optional<std::string>> preTokenizerName(const base::Json& preTokenizer, bool ignoresMerges);

/// A byte-level pre-tokenizer that llama.cpp knows by name.
struct NamedPreTokenizer {
  base::Json json;             ///< tokenizer.json's
  bool ignoresMerges = false;  ///< a word that is a token is taken without merging
  bool composes = false;       ///< its models have the normalizer NFC, which files do not tell
};

/// The one of a name, or of another name that llama.cpp has for the same; nothing for a name that is not known here.
[[nodiscard]] std::optional<NamedPreTokenizer> preTokenizerNamed(std::string_view name);

/// "gpt-2, smollm, ...".
[[nodiscard]] std::string namesOfPreTokenizers();

}  // namespace rosa::convert
