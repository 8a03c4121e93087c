// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/text_ops.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "text/template/character.h"
#include "text/template/failure.h"
#include "text/unicode.h"

namespace rosa::text::jinja {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// The bytes of the character that starts at `at`.
std::size_t lengthAt(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && continues(text[end])) ++end;
  return end - at;
}
/// Where the character that ends before `at` starts.
std::size_t before(std::string_view text, std::size_t at) {
  --at;
  while (at > 0 && continues(text[at])) --at;
  return at;
}

char32_t pointAt(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  return byte < 0x80 ? byte : codePoints(text.substr(at, lengthAt(text, at)))[0];
}

bool isIdentifierPart(char32_t c, bool first) {
  if (c == U'_' || isAlpha(c)) return true;
  return !first && (isAlnum(c) || isNonspacingMark(c) || c == 0xB7);
}

}  // namespace

std::string_view strip(std::string_view text, const std::string* set, bool left, bool right) {
  const auto taken = [&](std::size_t at) {
    if (set == nullptr) return isSpace(pointAt(text, at));
    return set->find(text.substr(at, lengthAt(text, at))) != std::string::npos;
  };
  std::size_t begin = 0, end = text.size();
  while (left && begin < end && taken(begin)) begin += lengthAt(text, begin);
  while (right && end > begin) {
    const auto last = before(text, end);
    if (!taken(last)) break;
    end = last;
  }
  return text.substr(begin, end - begin);
}

std::vector<std::string> splitAt(std::string_view text, std::string_view separator, Integer most) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (; most != 0; --most) {
    const auto at = text.find(separator, begin);
    if (at == std::string_view::npos) break;
    parts.emplace_back(text.substr(begin, at - begin));
    begin = at + separator.size();
  }
  parts.emplace_back(text.substr(begin));
  return parts;
}

std::vector<std::string> splitFromRight(std::string_view text, std::string_view separator, Integer most) {
  std::vector<std::string> parts;
  std::size_t end = text.size();
  for (; most != 0 && end >= separator.size(); --most) {
    const auto at = text.rfind(separator, end - separator.size());
    if (at == std::string_view::npos) break;
    parts.emplace_back(text.substr(at + separator.size(), end - at - separator.size()));
    end = at;
  }
  parts.emplace_back(text.substr(0, end));
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string> splitSpace(std::string_view text, Integer most) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && isSpace(pointAt(text, at))) at += lengthAt(text, at);
    if (at >= text.size()) return parts;
    if (most == 0) {
      parts.emplace_back(strip(text.substr(at), nullptr, true, false));
      return parts;
    }
    const auto begin = at;
    while (at < text.size() && !isSpace(pointAt(text, at))) at += lengthAt(text, at);
    parts.emplace_back(text.substr(begin, at - begin));
    --most;
  }
}

std::vector<std::string> splitSpaceFromRight(std::string_view text, Integer most) {
  std::vector<std::string> parts;
  std::size_t end = text.size();
  while (true) {
    end = strip(text.substr(0, end), nullptr, false, true).size();
    if (end == 0) break;
    if (most == 0) {
      parts.emplace_back(text.substr(0, end));
      break;
    }
    std::size_t begin = end;
    while (begin > 0 && !isSpace(pointAt(text, before(text, begin)))) begin = before(text, begin);
    parts.emplace_back(text.substr(begin, end - begin));
    end = begin;
    --most;
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string> splitLines(std::string_view text, bool keepEnds) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = lengthAt(text, at);
    if (!isLineEnd(pointAt(text, at))) {
      at += length;
      continue;
    }
    const auto end = at + (text.substr(at).starts_with("\r\n") ? 2 : length);
    lines.emplace_back(text.substr(begin, (keepEnds ? end : at) - begin));
    begin = at = end;
  }
  if (begin < text.size()) lines.emplace_back(text.substr(begin));
  return lines;
}

std::string replaced(Runtime& runtime, std::string_view text, std::string_view old, std::string_view fresh,
                     Integer most) {
  runtime.meter.step(text.size() / 16);
  std::string out;
  std::size_t begin = 0;
  if (old.empty()) {
    // An empty text stands before each character and at the end.
    runtime.meter.bytes(fresh.size(), text.size() + 1);
    for (std::size_t at = 0; most != 0; --most) {
      out += fresh;
      if (at >= text.size()) return out;
      out += text.substr(at, lengthAt(text, at));
      at += lengthAt(text, at);
      begin = at;
    }
    return out.append(text.substr(begin));
  }
  for (; most != 0; --most) {
    const auto at = text.find(old, begin);
    if (at == std::string_view::npos) break;
    runtime.meter.bytes(fresh.size());
    out.append(text.substr(begin, at - begin)).append(fresh);
    begin = at + old.size();
  }
  return out.append(text.substr(begin));
}

std::string justify(Runtime& runtime, const Text& text, Integer width, char align, std::string_view fill) {
  const auto points = static_cast<Integer>(text.points);
  if (width <= points) return text.utf8;
  const auto missing = static_cast<std::uint64_t>(std::min(width - points, Integer{1} << 60U));
  runtime.meter.bytes(fill.size(), missing);
  // Python's center puts the odd one to the left when the width is odd.
  const std::uint64_t left = align == '<'   ? 0
                             : align == '>' ? missing
                                            : missing / 2 + (missing & static_cast<std::uint64_t>(width) & 1U);
  std::string out;
  for (std::uint64_t i = 0; i < left; ++i) out += fill;
  out += text.utf8;
  for (std::uint64_t i = left; i < missing; ++i) out += fill;
  return out;
}

bool isLowerCase(std::string_view text) {
  bool any = false;
  for (const char32_t c : codePoints(text)) {
    if (isUpper(c) || isTitle(c)) return false;
    any = any || isLower(c);
  }
  return any;
}

bool isUpperCase(std::string_view text) {
  bool any = false;
  for (const char32_t c : codePoints(text)) {
    if (isLower(c) || isTitle(c)) return false;
    any = any || isUpper(c);
  }
  return any;
}

bool isIdentifier(std::string_view text) {
  const auto points = codePoints(text);
  if (points.empty()) return false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!isIdentifierPart(points[i], i == 0)) return false;
  }
  return true;
}

std::string withoutTags(std::string_view text) {
  const auto withoutBetween = [](std::string_view from, std::string_view open, std::string_view close) {
    std::string out;
    std::size_t begin = 0;
    while (true) {
      const auto at = from.find(open, begin);
      const auto end = at == std::string_view::npos ? at : from.find(close, at);
      if (end == std::string_view::npos) return out.append(from.substr(begin));
      out.append(from.substr(begin, at - begin));
      begin = end + close.size();
    }
  };
  const auto out = withoutBetween(withoutBetween(text, "<!--", "-->"), "<", ">");
  std::string joined;
  for (const auto& word : splitSpace(out, -1)) {
    if (!joined.empty()) joined += ' ';
    joined += word;
  }
  return withoutEntities(joined);
}

std::string withoutEntities(std::string_view text) {
  struct Entity {
    std::string_view name, text;
  };
  static constexpr std::array<Entity, 6> kEntities = {
      {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}, {"nbsp", "\xC2\xA0"}}};
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text[at] == '&' ? text.find(';', at) : std::string_view::npos;
    if (end == std::string_view::npos || end - at > 10) {
      out += text[at++];
      continue;
    }
    const auto name = text.substr(at + 1, end - at - 1);
    const auto* found =
        std::find_if(kEntities.begin(), kEntities.end(), [&](const Entity& e) { return e.name == name; });
    std::uint32_t code = 0;
    if (found != kEntities.end()) {
      out += found->text;
    } else if (name.size() > 1 && name[0] == '#') {
      const bool hex = name[1] == 'x' || name[1] == 'X';
      const auto digits = name.substr(hex ? 2 : 1);
      const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
      const bool whole = result.ec == std::errc() && result.ptr == digits.data() + digits.size();
      if (!whole || code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
        out += text[at++];
        continue;
      }
      appendUtf8(out, code);
    } else {
      out += text[at++];
      continue;
    }
    at = end + 1;
  }
  return out;
}

}  // namespace rosa::text::jinja
