// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/character.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <span>

#include "text/template/special_casing.h"
#include "text/unicode.h"

namespace rosa::text::jinja {
namespace {

utf8proc_category_t category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

bool within(std::span<const CharacterRange> ranges, char32_t c) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), c,
                                      [](char32_t value, const CharacterRange& range) { return value < range.first; });
  return after != ranges.begin() && c <= std::prev(after)->last;
}

const CaseMapping* mappingOf(std::span<const CaseMapping> mappings, char32_t c) {
  const auto found = std::lower_bound(mappings.begin(), mappings.end(), c,
                                      [](const CaseMapping& mapping, char32_t value) { return mapping.from < value; });
  return found != mappings.end() && found->from == c ? &*found : nullptr;
}

void appendUpper(std::string& out, char32_t c) {
  if (const auto* mapping = mappingOf(longUpperCases(), c)) {
    out += toUtf8(mapping->to);
  } else {
    appendUtf8(out, static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c))));
  }
}

void appendTitle(std::string& out, char32_t c) {
  if (const auto* mapping = mappingOf(otherTitleCases(), c)) {
    out += toUtf8(mapping->to);
  } else {
    appendUpper(out, c);
  }
}

/// A mark, apostrophe and the like between letters, which the rule of the final sigma passes over.
bool isCaseIgnorable(char32_t c) {
  switch (category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      return c == U'\'' || c == U'.' || c == U':' || c == 0xB7 || c == 0x2019 || c == 0x2018;
  }
}

/// Σ ends a word: a cased letter stands before it and none after it.
bool isFinalSigma(const std::u32string& text, std::size_t at) {
  std::size_t before = at;
  while (before > 0 && isCaseIgnorable(text[before - 1])) --before;
  if (before == 0 || !isCased(text[before - 1])) return false;
  std::size_t after = at + 1;
  while (after < text.size() && isCaseIgnorable(text[after])) ++after;
  return after == text.size() || !isCased(text[after]);
}

void appendLower(std::string& out, const std::u32string& text, std::size_t at) {
  const char32_t c = text[at];
  if (c == 0x3A3) {
    appendUtf8(out, isFinalSigma(text, at) ? 0x3C2 : 0x3C3);
  } else {
    out += toUtf8(lowered(c));
  }
}

bool isAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}
char asciiLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
char asciiUpper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

}  // namespace

bool isSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool isLineEnd(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

bool isPrintable(char32_t c) {
  if (c < 0x80) return c >= 0x20 && c != 0x7F;
  switch (category(c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_ZS:
      return false;
    default:
      return true;
  }
}

bool isAlpha(char32_t c) {
  const auto kind = category(c);
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

bool isDecimal(char32_t c) {
  return category(c) == UTF8PROC_CATEGORY_ND;
}

bool isDigit(char32_t c) {
  return isDecimal(c) || within(otherDigits(), c);
}

bool isNumericCharacter(char32_t c) {
  const auto kind = category(c);
  return (kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO) || within(numberIdeographs(), c);
}

bool isAlnum(char32_t c) {
  return isAlpha(c) || isNumericCharacter(c);
}

bool isUpper(char32_t c) {
  return category(c) == UTF8PROC_CATEGORY_LU || within(otherUpperCase(), c);
}

bool isLower(char32_t c) {
  return category(c) == UTF8PROC_CATEGORY_LL || within(otherLowerCase(), c);
}

bool isTitle(char32_t c) {
  return category(c) == UTF8PROC_CATEGORY_LT;
}

bool isCased(char32_t c) {
  return isUpper(c) || isLower(c) || isTitle(c);
}

int decimalValue(char32_t c) {
  if (c >= U'0' && c <= U'9') return static_cast<int>(c - U'0');
  if (c < 0x80 || !isDecimal(c)) return -1;
  // The decimal digits of a script stand together, zero first.
  int value = 0;
  while (value < 9 && isDecimal(c - static_cast<char32_t>(value) - 1)) ++value;
  // Sets of digits that follow one another without a gap begin at multiples of ten from the first.
  if (c >= 0x1D7CE && c <= 0x1D7FF) return static_cast<int>((c - 0x1D7CE) % 10);
  return value;
}

std::string upper(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  if (isAscii(utf8)) {
    for (const char c : utf8) out += asciiUpper(c);
    return out;
  }
  for (const char32_t c : codePoints(utf8)) appendUpper(out, c);
  return out;
}

std::string lower(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  if (isAscii(utf8)) {
    for (const char c : utf8) out += asciiLower(c);
    return out;
  }
  const auto text = codePoints(utf8);
  for (std::size_t i = 0; i < text.size(); ++i) appendLower(out, text, i);
  return out;
}

std::string title(std::string_view utf8) {
  std::string out;
  const auto text = codePoints(utf8);
  bool inWord = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (inWord) {
      appendLower(out, text, i);
    } else {
      appendTitle(out, text[i]);
    }
    inWord = isCased(text[i]);
  }
  return out;
}

std::string capitalized(std::string_view utf8) {
  std::string out;
  const auto text = codePoints(utf8);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 0) {
      appendTitle(out, text[0]);
    } else {
      appendLower(out, text, i);
    }
  }
  return out;
}

std::string swappedCase(std::string_view utf8) {
  std::string out;
  const auto text = codePoints(utf8);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (isUpper(text[i])) {
      appendLower(out, text, i);
    } else if (isLower(text[i])) {
      appendUpper(out, text[i]);
    } else {
      appendUtf8(out, text[i]);
    }
  }
  return out;
}

std::string caseFolded(std::string_view utf8) {
  std::string out;
  for (const char32_t c : codePoints(utf8)) {
    std::array<utf8proc_int32_t, 8> folded{};
    int state = 0;
    const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), folded.data(), folded.size(),
                                               UTF8PROC_CASEFOLD, &state);
    if (count < 1 || count > static_cast<utf8proc_ssize_t>(folded.size())) {
      appendUtf8(out, c);
      continue;
    }
    for (utf8proc_ssize_t i = 0; i < count; ++i)
      appendUtf8(out, static_cast<char32_t>(folded[static_cast<std::size_t>(i)]));
  }
  return out;
}

}  // namespace rosa::text::jinja
