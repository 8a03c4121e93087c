// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "rosa/expected.h"
#include "text/encoding.h"

/// A tokenizer as a Hugging Face folder describes it: tokenizer.json does the work, tokenizer_config.json and
/// special_tokens_map.json name the tokens with a role. Truncation and padding that tokenizer.json may carry are not
/// applied: whoever encodes says how long a text may be, and nothing here is ever padded.
///
/// Used by one thread at a time; copies share their parts.
namespace rosa::text {

enum class Role { Begin, End, Unknown, Separator, Pad, Class, Mask };
enum class Truncation { LongestFirst, OnlyFirst, OnlySecond };

class Tokenizer {
 public:
  /// Without any tokens; assign one that was opened.
  Tokenizer() = default;

  [[nodiscard]] static Expected<Tokenizer> fromFolder(const std::filesystem::path& folder);
  [[nodiscard]] static Expected<Tokenizer> fromJson(const base::Json& json, std::string_view source);

  [[nodiscard]] Encoding encode(std::string_view text, bool specialTokens = true) const;
  /// At most `maxLength` tokens, special ones included. An error where the text to be cut is too short for it.
  [[nodiscard]] Expected<Encoding> encode(std::string_view text, std::optional<std::string_view> pair,
                                          std::int64_t maxLength, Truncation truncation = Truncation::LongestFirst,
                                          bool specialTokens = true) const;

  /// Ids without a token count as empty text.
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids, bool skipSpecial) const;
  /// Null for an id that no token has.
  [[nodiscard]] const std::string* tokenText(std::int32_t id) const;
  [[nodiscard]] bool isSpecial(std::int32_t id) const;
  [[nodiscard]] std::optional<std::int32_t> find(std::string_view token) const;
  [[nodiscard]] std::optional<std::int32_t> roleId(Role role) const;
  /// Largest id + 1.
  [[nodiscard]] std::int64_t vocabularySize() const;

 private:
  struct Parts;
  [[nodiscard]] std::vector<Token> tokensOf(std::string_view text) const;
  std::shared_ptr<const Parts> parts_;
};

}  // namespace rosa::text
