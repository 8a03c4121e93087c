// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/token_encoder.h"

#include <algorithm>

#include "text/turn_end.h"

namespace rosa::train {

namespace {

data::EncodedText withEnds(const std::vector<text::Token>& tokens) {
  data::EncodedText result;
  result.ids.reserve(tokens.size());
  result.ends.reserve(tokens.size());
  for (const auto& token : tokens) {
    result.ids.push_back(token.id);
    result.ends.push_back(token.end);
  }
  return result;
}

}  // namespace

TokenEncoder::TokenEncoder(const text::Tokenizer& tokenizer, const text::ChatTemplate* chatTemplate)
    : tokenizer_(tokenizer), chatTemplate_(chatTemplate) {
  if (chatTemplate != nullptr) turnEnd_ = text::turnEndOf(*chatTemplate, tokenizer).token;
}

text::Encoding TokenEncoder::encodeRendered(std::string_view text) const {
  return tokenizer_.encode(text, false);
}

data::EncodedText TokenEncoder::encode(std::string_view text) const {
  return withEnds(tokenizer_.encode(text).tokens);
}

std::optional<data::EncodedText> TokenEncoder::encodePart(std::string_view text, std::size_t begin,
                                                          std::size_t end) const {
  const auto tokens = tokenizer_.encodePart(text, begin, end);
  if (!tokens) return std::nullopt;
  return withEnds(*tokens);
}

data::EncodedText TokenEncoder::encodeInput(std::string_view text, std::optional<std::string_view> pair,
                                            std::int64_t maxLength) const {
  data::EncodedText result;
  const auto encoding = tokenizer_.encode(text, pair, maxLength);
  if (!encoding) return result;  // cutting the longest first never fails
  for (const auto& token : encoding->tokens) {
    result.ids.push_back(token.id);
    if (!pair) result.ends.push_back(token.end);
  }
  if (!tokenizer_.settings().givesTypes) {
    result.truncated = encoding->truncated;
    return result;
  }
  const auto& types = encoding->typeIds;
  if (std::any_of(types.begin(), types.end(), [](std::int32_t type) { return type != 0; })) result.segmentIds = types;
  result.truncated = encoding->truncated;
  return result;
}

std::optional<std::int32_t> TokenEncoder::endToken() const {
  return tokenizer_.roleId(text::Role::End);
}

}  // namespace rosa::train
