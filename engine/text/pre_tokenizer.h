// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/json.h"
#include "rosa/expected.h"
#include "text/aligned_text.h"

namespace rosa::text {

/// A text and the parts of it that are left, in order: one buffer for all, because most parts are a word.
struct Pieces {
  AlignedText text;
  std::vector<Span> spans;
};

/// Cuts a text into the words that a token model then takes one by one.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  /// Replaces the pieces by smaller ones; empty pieces vanish.
  virtual void apply(Pieces& pieces) const = 0;
  /// Whether what stands behind the end of a piece is cut the same whatever stands before, and rewritten the same.
  [[nodiscard]] virtual bool forgets() const { return false; }
  /// The same of a text from a line break on that stands between two words, blanks aside, where both can be seen.
  [[nodiscard]] virtual bool forgetsBehindWord() const { return false; }
  /// `apply`, and whether what begins at `place` of the original text is cut as if the text began there: a piece does,
  /// or it makes no difference. False without a place.
  virtual bool applyWatching(Pieces& pieces, std::optional<std::int32_t> place) const {
    apply(pieces);
    return place && beginsAt(pieces, *place);
  }
  [[nodiscard]] static bool beginsAt(const Pieces& pieces, std::int32_t place);
};

/// From tokenizer.json's "pre_tokenizer"; null makes null.
[[nodiscard]] Expected<std::unique_ptr<PreTokenizer>> makePreTokenizer(const base::Json& json);

/// GPT-2's table: the printable code point that stands for each byte.
[[nodiscard]] const std::array<char32_t, 256>& byteCharacters();
/// Appends the text's bytes in that table, each with the place of its character.
void appendByteLevel(AlignedView text, AlignedText& bytes);

}  // namespace rosa::text
