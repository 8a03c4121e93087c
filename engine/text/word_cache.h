// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "text/aligned_text.h"
#include "text/encoding.h"

namespace rosa::text {

/// The tokens of short words that were met before, with their places inside the word. Takes words until it is full. One
/// table without nodes or strings: it is asked for every word of a text.
class WordCache {
 public:
  static constexpr std::size_t kLongestWord = 32;  ///< code points

  /// Appends a word's tokens: those that are known, or what `tokensInside(word)` makes, each with the first and the
  /// last code point of the word that it stands for.
  template <typename TokensInside>
  void encode(AlignedView word, const TokensInside& tokensInside, std::vector<Token>& tokens) {
    const auto place = [&](std::span<const Token> inside) {
      for (const auto& [id, first, last] : inside) {
        tokens.push_back({id, word[static_cast<std::size_t>(first)].begin, word[static_cast<std::size_t>(last)].end});
      }
    };
    if (const auto known = find(word)) return place(*known);
    const std::vector<Token> inside = tokensInside(word);
    place(inside);
    add(word, inside);
  }

  /// Null for a word that is not known.
  [[nodiscard]] std::optional<std::span<const Token>> find(AlignedView word) const;
  void add(AlignedView word, std::span<const Token> tokens);

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t key = 0, tokens = 0;          ///< where they begin
    std::uint16_t keySize = 0, tokenCount = 0;  ///< no code points: the slot is free
  };
  [[nodiscard]] static std::uint64_t hashOf(AlignedView word);
  [[nodiscard]] bool holds(const Slot& slot, std::uint64_t hash, AlignedView word) const;

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
  std::vector<char32_t> keys_;
  std::vector<Token> tokens_;
};

}  // namespace rosa::text
