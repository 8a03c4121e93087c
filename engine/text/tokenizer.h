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
#include "text/role.h"
#include "text/tokenizer_settings.h"

/// A tokenizer as a Hugging Face folder describes it: tokenizer.json does the work, and the files beside it say which
/// class reads it and which tokens have a role, in the way of Transformers 5.24 (TokenizerSettings). Truncation and
/// padding that tokenizer.json may carry are not applied: whoever encodes says how long a text may be, and nothing here
/// is ever padded.
///
/// Any number of threads may use one; copies share their parts.
namespace rosa::text {

/// What a tokenizer must know of the model that it is for.
struct ModelTable {
  std::int64_t rows = 0;                   ///< of the table of tokens
  std::optional<std::int64_t> begin, end;  ///< as config.json and generation_config.json name them
  std::string source;                      ///< the file that does
};

enum class Truncation { LongestFirst, OnlyFirst, OnlySecond };

class Tokenizer {
 public:
  /// Without any tokens; assign one that was opened.
  Tokenizer() = default;

  /// A token that the folder names and tokenizer.json lacks gets the next id, if the model has a row for it. Where
  /// nothing about the tokenizer names the tokens that begin and end a text, the model's count.
  [[nodiscard]] static Expected<Tokenizer> fromFolder(const std::filesystem::path& folder,
                                                      const std::optional<ModelTable>& model = std::nullopt);
  [[nodiscard]] static Expected<Tokenizer> fromJson(const base::Json& json, std::string_view source);

  [[nodiscard]] Encoding encode(std::string_view text, bool specialTokens = true) const;
  /// At most `maxLength` tokens, special ones included. An error where the text to be cut is too short for it.
  [[nodiscard]] Expected<Encoding> encode(std::string_view text, std::optional<std::string_view> pair,
                                          std::int64_t maxLength, Truncation truncation = Truncation::LongestFirst,
                                          bool specialTokens = true) const;

  /// Where texts can be divided into parts (`encodePart`). Known of the usual normalizers, and of pre-tokenizers that
  /// cut at patterns which look ahead only, or at blanks, or leave a text whole to byte pair encoding.
  [[nodiscard]] Seam seam() const;
  /// The tokens of bytes [begin, end) of well-formed UTF-8, none around them, as the whole text has them. `begin` is
  /// where a text begins, or a seam: 0 where nothing is shown of the text before. Empty where `end` is neither the
  /// text's end nor a seam for certain.
  [[nodiscard]] std::optional<std::vector<Token>> encodePart(std::string_view text, std::size_t begin,
                                                             std::size_t end) const;

  /// Ids without a token count as empty text.
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids, bool skipSpecial) const;
  /// Null for an id that no token has.
  [[nodiscard]] const std::string* tokenText(std::int32_t id) const;
  [[nodiscard]] bool isSpecial(std::int32_t id) const;
  [[nodiscard]] std::optional<std::int32_t> find(std::string_view token) const;
  [[nodiscard]] std::optional<std::int32_t> roleId(Role role) const;
  /// Largest id + 1, the frame's tokens included.
  [[nodiscard]] std::int64_t vocabularySize() const;
  /// Largest token type of a text or a pair.
  [[nodiscard]] std::int32_t largestType(bool pair) const;
  /// Whether a text is framed by a token before it, or after it.
  [[nodiscard]] std::optional<std::int32_t> framingToken(Role beginOrEnd) const;
  /// Whether texts are made lower case.
  [[nodiscard]] bool lowersCase() const;
  /// What the folder says; as made by `fromJson` where there was none.
  [[nodiscard]] const TokenizerSettings& settings() const;

 private:
  struct Parts;
  [[nodiscard]] static Expected<std::shared_ptr<Parts>> partsOf(const base::Json& json, std::string_view source);
  [[nodiscard]] std::vector<Token> tokensOf(std::string_view text) const;
  std::shared_ptr<const Parts> parts_;
};

}  // namespace rosa::text
