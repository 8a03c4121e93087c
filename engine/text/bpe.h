// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/per_thread.h"
#include "text/token_model.h"
#include "text/word_cache.h"

namespace rosa::text {

/// Byte pair encoding (Sennrich et al. 2016): a word begins as code points, and the pair with the lowest rank is merged
/// until none is left; among equals the leftmost goes first. A tokenizer without a pre-tokenizer hands over whole
/// texts: they are divided between characters that no merge joins, and what is left is linear in its length but for
/// pairs that come out of order.
class BytePairEncoding final : public TokenModel {
 public:
  [[nodiscard]] static Expected<BytePairEncoding> fromJson(const base::Json& json, const Vocabulary& vocabulary);
  void encode(AlignedView word, std::vector<Token>& tokens) const override;
  [[nodiscard]] bool divides(AlignedView word, std::size_t at) const override {
    return !joins_.empty() && !joins_[joinOf(word[at - 1].value, word[at].value)];
  }

 private:
  struct Merge {
    std::int32_t rank = 0, id = 0;
  };
  /// A token inside one word. What it stands for follows from the lengths of those before it, as in the reference
  /// library: a character without any token takes no room, and those behind it move up.
  struct Symbol {
    std::int32_t id = 0;
    std::int32_t bytes = 0;  ///< of the word
    std::int32_t previous = -1, next = -1;
    bool alive = true;
  };
  explicit BytePairEncoding(const Vocabulary& vocabulary) : vocabulary_(&vocabulary) {}
  [[nodiscard]] Status readMerges(const base::Json& json);
  void noteJoin(std::string_view left, std::string_view right);
  [[nodiscard]] static std::size_t joinOf(char32_t left, char32_t right);
  [[nodiscard]] const Merge* find(std::int32_t left, std::int32_t right) const;
  [[nodiscard]] std::vector<Symbol> firstSymbols(AlignedView word) const;
  [[nodiscard]] std::optional<std::int32_t> tokenOf(char byte) const {
    return (*bytes_)[static_cast<unsigned char>(byte)];
  }
  [[nodiscard]] std::vector<Token> tokensInside(AlignedView word) const;
  template <typename Queue>
  void mergeAll(std::vector<Symbol>& symbols) const;

  const Vocabulary* vocabulary_;
  std::unordered_map<std::uint64_t, Merge> merges_;
  std::optional<std::int32_t> unknown_;
  std::string prefix_, suffix_;
  bool fuseUnknown_ = false;
  bool ignoreMerges_ = false;
  /// By `joinOf`, whether some merge may put the left character directly before the right one; empty where a word's
  /// tokens depend on more than its merges.
  std::vector<bool> joins_;
  /// Byte fallback: the token of each byte, where there is one.
  std::optional<std::array<std::optional<std::int32_t>, 256>> bytes_;
  base::PerThread<WordCache> caches_;
};

}  // namespace rosa::text
