// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "base/json.h"
#include "rosa/expected.h"
#include "text/aligned_text.h"

namespace rosa::text {

/// Cuts a text into the words that a token model then takes one by one.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  /// Replaces the pieces by smaller ones; empty pieces vanish.
  virtual void apply(std::vector<AlignedText>& pieces) const = 0;
};

/// From tokenizer.json's "pre_tokenizer"; null makes null.
[[nodiscard]] Expected<std::unique_ptr<PreTokenizer>> makePreTokenizer(const base::Json& json);

/// GPT-2's table: the printable code point that stands for each byte.
[[nodiscard]] const std::array<char32_t, 256>& byteCharacters();
/// The text's bytes in that table, each with the place of its character.
[[nodiscard]] AlignedText byteLevel(const AlignedText& text);

}  // namespace rosa::text
