// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/per_thread.h"
#include "rosa/expected.h"
#include "text/encoding.h"
#include "text/token_model.h"

namespace rosa::text {

/// Puts special tokens around one text or a pair, and takes white space out of offsets.
class PostProcessor {
 public:
  /// From tokenizer.json's "post_processor"; null frames nothing.
  [[nodiscard]] static Expected<PostProcessor> fromJson(const base::Json& json);

  /// How many special tokens `frame` adds.
  [[nodiscard]] std::int64_t addedTokens(bool pair) const;
  /// The token that stands before every text, or after it.
  [[nodiscard]] std::optional<std::int32_t> before() const;
  [[nodiscard]] std::optional<std::int32_t> after() const;
  [[nodiscard]] std::int32_t largestId() const;  ///< -1 without any
  [[nodiscard]] std::int32_t largestType(bool pair) const;
  [[nodiscard]] bool trimsOffsets() const { return trim_; }
  void trimOffsets(std::vector<Token>& tokens, const Vocabulary& vocabulary) const;
  [[nodiscard]] Encoding frame(std::vector<Token> first, std::optional<std::vector<Token>> second,
                               bool specialTokens) const;

 private:
  struct Piece {
    enum class Kind { First, Second, Special } kind = Kind::First;
    std::vector<std::int32_t> ids;  ///< of a special token
    std::int32_t typeId = 0;
  };
  using Template = std::vector<Piece>;
  static Expected<Template> readTemplate(const base::Json& pieces, const base::Json& specials, std::string_view place);
  [[nodiscard]] Status read(const base::Json& json, int depth);
  [[nodiscard]] Status readPairOfTokens(const base::Json& json, bool roberta);

  Template single_{{Piece::Kind::First, {}, 0}};
  Template pair_{{Piece::Kind::First, {}, 0}, {Piece::Kind::Second, {}, 1}};
  /// White space around a token's text, in code points.
  struct Around {
    std::int32_t leading = -1, trailing = 0;  ///< leading -1: not looked at yet
  };
  [[nodiscard]] const Around* spaceAround(std::int32_t id, const Vocabulary& vocabulary) const;

  base::PerThread<std::vector<Around>> around_;  ///< by id
  bool trim_ = false;
  bool prefixSpace_ = false;
};

}  // namespace rosa::text
