// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "text/unicode_scripts.h"

namespace rosa::text {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

utf8proc_category_t category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

// The reference library reads categories, marks and decompositions from tables of Unicode 8 and 9; what was assigned
// later counts as nothing there, and a model has never seen it as anything else.
bool assignedByUnicode9(char32_t c) {
  return scriptOf(c) != kAnyScript;
}

bool assignedByUnicode8(char32_t c) {
  const bool newIn9 = (c >= 0x8D4 && c <= 0x8E2) || c == 0x1DFB || c == 0x2E43 || c == 0x2E44 || c == 0xA8C5 ||
                      c == 0x1123E || (c >= 0x11400 && c <= 0x1145D) || (c >= 0x11660 && c <= 0x1166C) ||
                      (c >= 0x11C00 && c <= 0x11CB6) || (c >= 0x1E000 && c <= 0x1E02A) ||
                      (c >= 0x1E900 && c <= 0x1E95F);
  return assignedByUnicode9(c) && !newIn9;
}

/// Length that a lead byte announces and the range its second byte must lie in (Unicode, table 3-7).
struct Lead {
  int length = 0;
  unsigned char low = 0x80, high = 0xBF;
};
Lead leadOf(unsigned char byte) {
  if (byte < 0x80) return {1};
  if (byte >= 0xC2 && byte <= 0xDF) return {2};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {3};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {4};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0};
}

}  // namespace

std::u32string codePoints(std::string_view utf8) {
  std::u32string points;
  points.reserve(utf8.size());
  for (std::size_t i = 0; i < utf8.size();) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    const Lead lead = leadOf(byte);
    if (lead.length == 1) {
      points += byte;
      ++i;
      continue;
    }
    char32_t value = lead.length == 2 ? byte & 0x1Fu : lead.length == 3 ? byte & 0x0Fu : byte & 0x07u;
    int taken = 1;
    while (taken < lead.length && i + taken < utf8.size()) {
      const auto next = static_cast<unsigned char>(utf8[i + taken]);
      const bool fits = taken == 1 ? next >= lead.low && next <= lead.high : next >= 0x80 && next <= 0xBF;
      if (!fits) break;
      value = (value << 6) | (next & 0x3Fu);
      ++taken;
    }
    points += lead.length > 0 && taken == lead.length ? value : kReplacement;
    i += static_cast<std::size_t>(taken);
  }
  return points;
}

std::size_t characterFrom(std::string_view utf8, std::size_t at) {
  while (at < utf8.size() && isInsideCharacter(utf8[at])) ++at;
  return at;
}

std::size_t countCodePoints(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(utf8, [](char c) { return !isInsideCharacter(c); }));
}

void appendUtf8(std::string& text, char32_t c) {
  const auto put = [&text](char32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

std::string toUtf8(std::u32string_view points) {
  std::string text;
  text.reserve(points.size());
  for (const char32_t c : points) appendUtf8(text, c);
  return text;
}

bool isWhiteSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool isPunctuation(char32_t c) {
  if (c < 0x80) return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
  if (c == 0x166D || c == 0x111C9) return true;  // of another category since
  const auto kind = category(c);
  return kind >= UTF8PROC_CATEGORY_PC && kind <= UTF8PROC_CATEGORY_PO && assignedByUnicode8(c);
}

bool isControl(char32_t c) {
  const auto kind = category(c);
  return kind == UTF8PROC_CATEGORY_CO ||
         ((kind == UTF8PROC_CATEGORY_CC || kind == UTF8PROC_CATEGORY_CF) && assignedByUnicode8(c));
}

bool isNonspacingMark(char32_t c) {
  if (c == 0x1734) return true;  // these are of another category since
  if (c == 0x1885 || c == 0x1886 || c == 0xA9BD || c == 0x111C9) return false;
  return category(c) == UTF8PROC_CATEGORY_MN && assignedByUnicode8(c);
}

bool isCombiningMark(char32_t c) {
  if (c == 0x1CF2 || c == 0x1CF3) return true;  // these are of another category since
  if (c == 0x111C9) return false;
  const auto kind = category(c);
  return kind >= UTF8PROC_CATEGORY_MN && kind <= UTF8PROC_CATEGORY_ME && assignedByUnicode9(c);
}

bool isNumeric(char32_t c) {
  const auto kind = category(c);
  return kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO;
}

bool isWordCharacter(char32_t c) {
  const auto kind = category(c);
  if ((kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_ME) || kind == UTF8PROC_CATEGORY_ND ||
      kind == UTF8PROC_CATEGORY_NL || kind == UTF8PROC_CATEGORY_PC) {
    return true;
  }
  // Circled and squared letters, and the joiners.
  return (c >= 0x24B6 && c <= 0x24E9) || (c >= 0x1F130 && c <= 0x1F149) || (c >= 0x1F150 && c <= 0x1F169) ||
         (c >= 0x1F170 && c <= 0x1F189) || c == 0x200C || c == 0x200D;
}

bool isChinese(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

std::u32string lowered(char32_t c) {
  if (c == 0x130) return U"i\u0307";  // the one letter whose lower case is two code points
  return {static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)))};
}

std::u32string decomposed(char32_t c, bool compatibility) {
  if (c < 0x80) return {c};
  std::array<utf8proc_int32_t, 32> buffer{};
  int boundary = 0;
  const auto options =
      static_cast<utf8proc_option_t>(compatibility ? UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT : UTF8PROC_DECOMPOSE);
  const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), buffer.data(),
                                             static_cast<utf8proc_ssize_t>(buffer.size()), options, &boundary);
  if (count <= 0 || count > static_cast<utf8proc_ssize_t>(buffer.size())) return {c};
  if ((count > 1 || buffer[0] != static_cast<utf8proc_int32_t>(c)) && !assignedByUnicode9(c)) return {c};
  return {buffer.begin(), buffer.begin() + count};
}

char32_t composed(char32_t first, char32_t second) {
  std::array<utf8proc_int32_t, 2> pair = {static_cast<utf8proc_int32_t>(first), static_cast<utf8proc_int32_t>(second)};
  const auto length =
      utf8proc_normalize_utf32(pair.data(), 2, static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  const auto joined = static_cast<char32_t>(pair[0]);
  return length == 1 && assignedByUnicode9(joined) ? joined : 0;
}

bool breaksGrapheme(char32_t first, char32_t second, int& state) {
  utf8proc_int32_t kept = state;
  const bool breaks = utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(first),
                                                       static_cast<utf8proc_int32_t>(second), &kept);
  state = kept;
  return breaks;
}

int combiningClass(char32_t c) {
  const int order = utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class;
  return order != 0 && !assignedByUnicode9(c) ? 0 : order;
}

}  // namespace rosa::text
