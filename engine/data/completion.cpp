// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/completion.h"

#include <algorithm>

#include "text/unicode.h"

namespace rosa::data {
namespace {

constexpr std::string_view kWhiteSpace = " \t\n\r\f\v";

std::string_view withoutTrailingSpaces(std::string_view text) {
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

}  // namespace

JoinedText joinCompletion(std::string_view prompt, const std::optional<std::string>& separator,
                          std::string_view completion) {
  const bool beginsWhite = !completion.empty() && kWhiteSpace.find(completion.front()) != std::string_view::npos;
  JoinedText joined;
  joined.text = prompt;
  joined.text += separator.value_or(beginsWhite ? "" : " ");
  joined.promptCodePoints = static_cast<std::int64_t>(text::countCodePoints(withoutTrailingSpaces(joined.text)));
  joined.text += completion;
  return joined;
}

std::string generationPrompt(std::string_view prompt, const std::optional<std::string>& separator) {
  std::string text(prompt);
  text += separator.value_or("");
  text.resize(withoutTrailingSpaces(text).size());
  return text;
}

std::int64_t promptTokens(const EncodedText& encoded, std::int64_t promptCodePoints) {
  const auto first = std::ranges::find_if(encoded.ends, [&](std::int64_t end) { return end > promptCodePoints; });
  return first - encoded.ends.begin();
}

}  // namespace rosa::data
