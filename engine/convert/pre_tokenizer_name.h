// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

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

}  // namespace rosa::convert
