// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/string_literal.h"

#include "text/template/failure.h"
#include "text/unicode.h"

namespace rosa::text::jinja {
namespace {

int hexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char simpleEscape(char c) {
  switch (c) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case '\\':
    case '\'':
    case '"':
      return c;
    default:
      return 0;
  }
}

/// Reads \xHH, \uHHHH and \UHHHHHHHH; `at` stands on the letter and is moved behind the digits.
char32_t hexEscape(std::string_view text, std::size_t& at, int line) {
  const char kind = text[at++];
  const std::size_t length = kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
  char32_t value = 0;
  for (std::size_t i = 0; i < length; ++i, ++at) {
    const int digit = at < text.size() ? hexValue(text[at]) : -1;
    if (digit < 0) {
      throw Failure("TemplateSyntaxError", std::string("truncated \\") + kind + std::string(length, 'X') + " escape",
                    line);
    }
    value = value * 16 + static_cast<char32_t>(digit);
  }
  if (value > 0x10FFFF) throw Failure("TemplateSyntaxError", "illegal Unicode character", line);
  return value;
}

}  // namespace

std::string unescapedLiteral(std::string_view text, int line) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\' || at + 1 >= text.size()) {
      out += text[at++];
      continue;
    }
    const char c = text[++at];
    if (const char simple = simpleEscape(c)) {
      out += simple;
      ++at;
    } else if (c == '\n') {
      ++at;
    } else if (c >= '0' && c <= '7') {
      char32_t value = 0;
      for (int i = 0; i < 3 && at < text.size() && text[at] >= '0' && text[at] <= '7'; ++i) {
        value = value * 8 + static_cast<char32_t>(text[at++] - '0');
      }
      appendUtf8(out, value);
    } else if (c == 'x' || c == 'u' || c == 'U') {
      auto value = hexEscape(text, at, line);
      const bool pair = value >= 0xD800 && value < 0xDC00 && text.substr(at).starts_with("\\u");
      if (pair) {
        ++at;
        const auto low = hexEscape(text, at, line);
        if (low >= 0xDC00 && low < 0xE000) value = 0x10000 + ((value - 0xD800) << 10U) + (low - 0xDC00);
      }
      if (value >= 0xD800 && value < 0xE000) {
        throw Failure("TemplateSyntaxError", "half a surrogate pair is no character", line);
      }
      appendUtf8(out, value);
    } else if (c == 'N') {
      throw Failure("TemplateSyntaxError", "characters cannot be given by name (\\N) here", line);
    } else {
      out += '\\';
      out += c;
      ++at;
    }
  }
  return out;
}

}  // namespace rosa::text::jinja
