// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/json.h"
#include "rosa/expected.h"
#include "text/aligned_text.h"
#include "text/encoding.h"

namespace rosa::text {

/// The tokens of a model, by text and by id.
class Vocabulary {
 public:
  /// From a map of tokens to ids, or from a list of [token, score] in the order of their ids.
  [[nodiscard]] static Expected<Vocabulary> fromJson(const base::Json& json);
  [[nodiscard]] std::optional<std::int32_t> find(std::string_view token) const;
  /// Only among the tokens of the model itself, the added ones left out.
  [[nodiscard]] std::optional<std::int32_t> findOwn(std::string_view token) const;
  /// How many tokens the model itself has.
  [[nodiscard]] std::int64_t ownCount() const { return ownCount_; }
  /// Bytes of the model's longest token.
  [[nodiscard]] std::size_t longestOwn() const { return longestOwn_; }
  /// Null for an id that no token has.
  [[nodiscard]] const std::string* text(std::int32_t id) const;
  void add(std::string token, std::int32_t id);
  /// The text that an id has from now on; it is still found under the one it was added with.
  void show(std::int32_t id, std::string text) { texts_[id] = std::move(text); }
  /// Largest id + 1.
  [[nodiscard]] std::int64_t size() const { return size_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  struct Ids {
    std::int32_t any = 0;
    std::int32_t own = -1;  ///< -1: the model has no such token
  };
  std::unordered_map<std::string, Ids, Hash, std::equal_to<>> ids_;
  std::unordered_map<std::int32_t, std::string> texts_;
  std::int64_t size_ = 0;
  std::int64_t ownCount_ = 0;
  std::size_t longestOwn_ = 0;
};

/// Where each byte has its token <0x00> .. <0xFF> among the model's own.
[[nodiscard]] std::array<std::optional<std::int32_t>, 256> byteTokens(const Vocabulary& vocabulary);

/// Cuts one word into tokens.
class TokenModel {
 public:
  virtual ~TokenModel() = default;
  virtual void encode(AlignedView word, std::vector<Token>& tokens) const = 0;
  /// Whether the tokens of a word are certainly those of its first `at` code points and those of the rest.
  [[nodiscard]] virtual bool divides(AlignedView /*word*/, std::size_t /*at*/) const { return false; }
};

/// From tokenizer.json's "model" (BPE, WordPiece, WordLevel, Unigram). The vocabulary must outlive it.
[[nodiscard]] Expected<std::unique_ptr<TokenModel>> makeTokenModel(const base::Json& json,
                                                                   const Vocabulary& vocabulary);

}  // namespace rosa::text
