// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "data/text_encoder.h"
#include "text/chat_template.h"
#include "text/unicode.h"

namespace rosa::data {

/// Stands in for a tokenizer: a token is a word with the space before it (as in GPT-2's vocabulary), ids are given in
/// order of appearance from 10 on. Begins texts with kBegin if asked to; frames inputs as BERT does.
class WordEncoder final : public TextEncoder {
 public:
  static constexpr std::int32_t kBegin = 1;
  static constexpr std::int32_t kEnd = 2;
  static constexpr std::int32_t kClassify = 3;
  static constexpr std::int32_t kSeparate = 4;
  static constexpr std::int32_t kFirstWord = 10;  ///< all below are special

  explicit WordEncoder(bool begins = false, const text::ChatTemplate* chatTemplate = nullptr)
      : begins_(begins), chatTemplate_(chatTemplate) {}

  [[nodiscard]] EncodedText encode(std::string_view text) const override {
    EncodedText encoded;
    if (begins_) {
      encoded.ids.push_back(kBegin);
      encoded.ends.push_back(0);
    }
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find_first_of(" \n", at + 1), text.size());
      encoded.ids.push_back(id(text.substr(at, end - at)));
      encoded.ends.push_back(static_cast<std::int64_t>(text::countCodePoints(text.substr(0, end))));
      at = end;
    }
    return encoded;
  }

  [[nodiscard]] EncodedText encodeInput(std::string_view text, std::optional<std::string_view> pair,
                                        std::int64_t maxLength) const override {
    auto first = words(text);
    auto second = pair ? words(*pair) : std::vector<std::int32_t>();
    EncodedText encoded;
    const std::size_t room = static_cast<std::size_t>(maxLength) - (pair ? 3 : 2);
    while (first.size() + second.size() > room) {
      (first.size() > second.size() ? first : second).pop_back();
      encoded.truncated = true;
    }
    if (!pair) {
      encoded.ends = encode(text).ends;
      if (!begins_) encoded.ends.insert(encoded.ends.begin(), 0);
      encoded.ends.resize(first.size() + 1);
      encoded.ends.push_back(0);
    }
    encoded.ids = {kClassify};
    encoded.ids.insert(encoded.ids.end(), first.begin(), first.end());
    encoded.ids.push_back(kSeparate);
    encoded.segmentIds.assign(encoded.ids.size(), 0);
    if (pair) {
      encoded.ids.insert(encoded.ids.end(), second.begin(), second.end());
      encoded.ids.push_back(kSeparate);
      encoded.segmentIds.resize(encoded.ids.size(), 1);
    }
    return encoded;
  }

  [[nodiscard]] std::optional<std::int32_t> endToken() const override { return kEnd; }
  [[nodiscard]] bool isSpecial(std::int32_t id) const override { return id < kFirstWord; }

  [[nodiscard]] const text::ChatTemplate* chatTemplate() const override { return chatTemplate_; }
  [[nodiscard]] text::Encoding encodeRendered(std::string_view text) const override {
    const auto encoded = WordEncoder().encode(text);
    text::Encoding rendered;
    std::size_t at = 0;
    std::int64_t begin = 0;
    for (const auto stop : encoded.ends) {
      const auto length = static_cast<std::size_t>(stop - begin);  // the texts here are ASCII
      rendered.tokens.push_back(
          {id(text.substr(at, length)), static_cast<std::int32_t>(begin), static_cast<std::int32_t>(stop)});
      at += length;
      begin = stop;
    }
    return rendered;
  }
  [[nodiscard]] std::optional<std::int32_t> turnEnd() const override {
    return chatTemplate_ == nullptr ? std::nullopt : std::optional(id(" </s>"));
  }

  [[nodiscard]] std::int32_t id(std::string_view word) const {
    return ids_.try_emplace(std::string(word), static_cast<std::int32_t>(ids_.size()) + kFirstWord).first->second;
  }

 private:
  [[nodiscard]] std::vector<std::int32_t> words(std::string_view text) const {
    auto encoded = encode(text);
    if (begins_) encoded.ids.erase(encoded.ids.begin());
    return encoded.ids;
  }

  bool begins_;
  const text::ChatTemplate* chatTemplate_ = nullptr;
  mutable std::map<std::string, std::int32_t, std::less<>> ids_;
};

}  // namespace rosa::data
