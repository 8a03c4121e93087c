// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/mteval_tokenizer.h"

#include <string>
#include <utility>

#include "text/unicode.h"

namespace rosa::metrics {
namespace {

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isPointOrComma(char c) {
  return c == '.' || c == ',';
}
/// Every ASCII mark but those with rules of their own: ' , - .
bool standsAlone(char c) {
  return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= '!' && c <= '&') || (c >= '(' && c <= '+') ||
         (c >= ':' && c <= '@') || c == '/';
}

void replaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// Rewrites each pair of neighbours for which `matches` holds, left to right; a character is part of one pair only, as
/// in a regular expression's global replacement.
template <typename Matches, typename Write>
std::string rewritePairs(const std::string& text, Matches matches, Write write) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    if (i + 1 < text.size() && matches(text[i], text[i + 1])) {
      write(result, text[i], text[i + 1]);
      i += 2;
    } else {
      result += text[i++];
    }
  }
  return result;
}

Words splitAtWhiteSpace(std::string_view text) {
  Words words;
  std::string word;
  for (const char32_t c : text::codePoints(text)) {
    if (!text::isWhiteSpace(c)) {
      text::appendUtf8(word, c);
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

}  // namespace

Words mtevalWords(std::string_view text) {
  std::string plain(text);
  replaceAll(plain, "<skipped>", "");
  replaceAll(plain, "-\n", "");
  replaceAll(plain, "&quot;", "\"");
  replaceAll(plain, "&amp;", "&");
  replaceAll(plain, "&lt;", "<");
  replaceAll(plain, "&gt;", ">");
  std::string spaced = " ";
  for (const char c : plain) {
    if (standsAlone(c)) {
      ((spaced += ' ') += c) += ' ';
    } else {
      spaced += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  spaced += ' ';
  // Three passes in this order: a later one sees the blanks of an earlier one.
  spaced = rewritePairs(
      spaced, [](char a, char b) { return !isDigit(a) && isPointOrComma(b); },
      [](std::string& out, char a, char b) { (((out += a) += ' ') += b) += ' '; });
  spaced = rewritePairs(
      spaced, [](char a, char b) { return isPointOrComma(a) && !isDigit(b); },
      [](std::string& out, char a, char b) { (((out += ' ') += a) += ' ') += b; });
  spaced = rewritePairs(
      spaced, [](char a, char b) { return isDigit(a) && b == '-'; },
      [](std::string& out, char a, char b) { (((out += a) += ' ') += b) += ' '; });
  return splitAtWhiteSpace(spaced);
}

}  // namespace rosa::metrics
