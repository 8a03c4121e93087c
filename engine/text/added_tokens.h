// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/json.h"
#include "rosa/expected.h"
#include "text/aligned_text.h"
#include "text/encoding.h"
#include "text/normalizer.h"

namespace rosa::text {

/// Tokens that are found in the text as they stand, before any model sees it.
class AddedTokens {
 public:
  struct Entry {
    std::int32_t id = 0;
    std::string content;
    bool singleWord = false, leftStrip = false, rightStrip = false, normalized = false, special = false;
  };
  /// From tokenizer.json's "added_tokens".
  [[nodiscard]] static Expected<AddedTokens> fromJson(const base::Json& json);
  /// Adds a token, or replaces the one of the same text.
  void put(Entry entry);
  /// Null where no token has this text.
  [[nodiscard]] const Entry* find(std::string_view content) const;
  /// What the token is decoded as: one that is looked for in normalised text bears its normalised text.
  [[nodiscard]] std::string shownText(const Entry& entry) const;
  /// Must be called once before `split`: what is looked for in normalised text is normalised too.
  void prepare(const Normalizer* normalizer);

  using Part = std::variant<AlignedText, Token>;
  /// Cuts the text at the tokens, the longest first from the left; what lies between is normalised.
  [[nodiscard]] std::vector<Part> split(AlignedText text, const Normalizer* normalizer) const;

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] bool isSpecial(std::int32_t id) const;

 private:
  struct Needle {
    std::u32string text;
    std::size_t entry = 0;
  };
  /// Needles by first code point, longest first.
  using Needles = std::unordered_map<char32_t, std::vector<Needle>>;
  void cut(const AlignedText& text, const Needles& needles, std::vector<Part>& parts) const;

  std::vector<Entry> entries_;
  std::unordered_map<std::int32_t, bool> special_;
  Needles raw_, normalized_;
  std::unordered_map<std::int32_t, std::string> shown_;  ///< of tokens whose normalised text is another
};

}  // namespace rosa::text
