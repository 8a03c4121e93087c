// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/per_thread.h"
#include "text/byte_trie.h"
#include "text/token_model.h"
#include "text/word_cache.h"

namespace rosa::text {

/// The unigram language model of SentencePiece (Kudo 2018): every piece has a log-probability, and a word is cut where
/// the sum over its pieces is largest (Viterbi); among equals the piece that begins first counts. A character that no
/// piece covers scores the worst piece's log-probability less 10, and neighbours of that kind become one unknown token,
/// or with byte fallback the tokens of their bytes. Linear in the text times the longest piece.
class Unigram final : public TokenModel {
 public:
  /// `json` is tokenizer.json's "model"; `vocabulary` was read from its "vocab" and must outlive this.
  [[nodiscard]] static Expected<Unigram> fromJson(const base::Json& json, const Vocabulary& vocabulary);
  void encode(AlignedView word, std::vector<Token>& tokens) const override {
    caches_.get().encode(
        word, [this](AlignedView whole) { return tokensInside(whole); }, tokens);
  }

 private:
  /// How the best path comes to the code point behind it.
  struct Step {
    double score = 0;
    std::int32_t from = -1;  ///< code point of the word; -1: not reached yet
    std::int32_t id = 0;
  };
  explicit Unigram(const Vocabulary& vocabulary) : vocabulary_(&vocabulary) {}
  [[nodiscard]] std::vector<Step> bestSteps(std::string_view utf8, const std::vector<std::size_t>& starts) const;
  [[nodiscard]] std::vector<Token> tokensInside(AlignedView word) const;
  void pushUnknown(std::string_view utf8, std::int32_t first, std::int32_t last, std::vector<Token>& tokens) const;

  const Vocabulary* vocabulary_;
  ByteTrie pieces_;
  std::vector<double> scores_;  ///< by id
  double unknownScore_ = 0;
  std::int32_t unknown_ = 0;
  /// Byte fallback: the token of each byte, where there is one.
  std::optional<std::array<std::optional<std::int32_t>, 256>> bytes_;
  base::PerThread<WordCache> caches_;
};

}  // namespace rosa::text
