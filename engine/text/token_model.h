// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

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
  [[nodiscard]] static Expected<Vocabulary> fromJson(const base::Json& json);
  [[nodiscard]] std::optional<std::int32_t> find(std::string_view token) const;
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
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> ids_;
  std::unordered_map<std::int32_t, std::string> texts_;
  std::int64_t size_ = 0;
};

/// Cuts one word into tokens.
class TokenModel {
 public:
  virtual ~TokenModel() = default;
  virtual void encode(const AlignedText& word, std::vector<Token>& tokens) const = 0;
};

/// From tokenizer.json's "model" (BPE, WordPiece, WordLevel). The vocabulary must outlive it.
[[nodiscard]] Expected<std::unique_ptr<TokenModel>> makeTokenModel(const base::Json& json,
                                                                   const Vocabulary& vocabulary);

}  // namespace rosa::text
