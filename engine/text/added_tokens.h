// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"
#include "rosa/expected.h"
#include "text/aligned_text.h"
#include "text/byte_trie.h"
#include "text/encoding.h"
#include "text/normalizer.h"
#include "text/token_model.h"

namespace rosa::text {

/// Tokens that are found in the text as they stand, before any model sees it.
class AddedTokens {
 public:
  struct Entry {
    std::int32_t id = 0;
    std::string content;
    bool singleWord = false, leftStrip = false, rightStrip = false, normalized = false, special = false;
  };
  /// From tokenizer.json's "added_tokens". As in the tokenizers library a token that the model has too bears the
  /// model's id, and the others are numbered in their order behind the model's; the ids of the file are these or wrong.
  [[nodiscard]] static Expected<AddedTokens> fromJson(const base::Json& json, const Vocabulary& vocabulary);
  /// A sentence for each token whose id in the file is wrong.
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }
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
  /// Whether a decoded token is left out with the special ones. The library goes by its text, so one that is shown as
  /// its normalised text stays.
  [[nodiscard]] bool isSpecialText(const std::string& shown) const { return specialTexts_.contains(shown); }

 private:
  /// What is looked for, and the entry that each is of.
  struct Needles {
    ByteTrie trie;
    std::array<bool, 256> first{};  ///< the bytes that one begins with
    bool any = false;
  };
  [[nodiscard]] static Needles needlesOf(const std::vector<std::pair<std::string, std::int32_t>>& texts);
  /// The longest needle at a place: its entry and where it ends; -1 where there is none.
  [[nodiscard]] static std::pair<std::int32_t, std::size_t> longestAt(const AlignedText& text, std::size_t at,
                                                                      const ByteTrie& trie);
  void cut(AlignedText text, const Needles& needles, std::vector<Part>& parts) const;

  std::vector<Entry> entries_;
  std::vector<std::string> remarks_;
  std::unordered_map<std::string, std::size_t> places_;  ///< of entries, by their text
  std::unordered_map<std::int32_t, bool> special_;
  std::unordered_set<std::string> specialTexts_;
  Needles raw_, normalized_;
  std::unordered_map<std::int32_t, std::string> shown_;  ///< of tokens whose normalised text is another
};

}  // namespace rosa::text
