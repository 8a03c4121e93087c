// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/word_labels.h"

#include <fmt/format.h>

#include <utility>

#include "base/json.h"
#include "base/text.h"

namespace rosa::data {

Expected<std::vector<std::string>> wordsOfCell(std::string_view cell) {
  std::vector<std::string> words;
  const auto trimmed = base::trim(cell);
  if (!trimmed.starts_with('[')) {
    for (std::size_t at = 0; at < trimmed.size();) {
      const auto begin = trimmed.find_first_not_of(" \t\n\r", at);
      if (begin == std::string_view::npos) break;
      const auto end = std::min(trimmed.find_first_of(" \t\n\r", begin), trimmed.size());
      words.emplace_back(trimmed.substr(begin, end - begin));
      at = end;
    }
    return words;
  }
  const auto list = base::Json::parse(trimmed, nullptr, false);
  if (!list.is_array()) return Error{"is no whole list"};
  for (const auto& element : list) {
    if (element.is_string()) {
      words.push_back(element.get<std::string>());
    } else if (element.is_number() || element.is_boolean()) {
      words.push_back(element.dump());
    } else {
      return Error{
          fmt::format("holds {} where a word is expected", element.is_null() ? "null" : "a list or an object")};
    }
  }
  return words;
}

JoinedWords joinWords(const std::vector<std::string>& words) {
  JoinedWords joined;
  std::int64_t end = 0;
  for (const auto& word : words) {
    if (!joined.ends.empty()) {
      joined.text.push_back(' ');
      ++end;
    }
    joined.text += word;
    for (const char c : word) end += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
    joined.ends.push_back(end);
  }
  return joined;
}

std::vector<std::int64_t> firstTokens(const std::vector<std::int64_t>& tokenEnds, const JoinedWords& joined) {
  std::vector<std::int64_t> words;
  words.reserve(tokenEnds.size());
  std::size_t word = 0;     // the first whose end is not before the token's
  std::int64_t taken = -1;  // the last word that has its first token
  for (const auto end : tokenEnds) {
    while (end > 0 && word < joined.ends.size() && joined.ends[word] < end) ++word;
    const auto found = static_cast<std::int64_t>(word);
    // A token of the blank before a word ends where the word begins.
    const std::int64_t begin = word == 0 ? 0 : joined.ends[word - 1] + 1;
    const bool first = end > begin && word < joined.ends.size() && found > taken;
    words.push_back(first ? found : -1);
    if (first) taken = found;
  }
  return words;
}

}  // namespace rosa::data
