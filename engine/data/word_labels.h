// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rosa/expected.h"

/// A row whose words have a label each: named entities, parts of speech.
namespace rosa::data {

/// The words of a cell: the elements of a JSON list of texts, numbers or truth values, or what blanks part. An error
/// says what else the cell holds.
[[nodiscard]] Expected<std::vector<std::string>> wordsOfCell(std::string_view cell);

/// Words with one blank between them, as a tokenizer reads them.
struct JoinedWords {
  std::string text;
  std::vector<std::int64_t> ends;  ///< of each word, in code points from the beginning
};
[[nodiscard]] JoinedWords joinWords(const std::vector<std::string>& words);

/// For each token the word that it is the first token of, -1 for the others: those inside a word, special ones and
/// those of nothing but blanks. `tokenEnds` are in code points of the joined text, 0 for special tokens.
[[nodiscard]] std::vector<std::int64_t> firstTokens(const std::vector<std::int64_t>& tokenEnds,
                                                    const JoinedWords& joined);

}  // namespace rosa::data
