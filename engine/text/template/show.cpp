// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/show.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "text/template/character.h"
#include "text/template/objects.h"
#include "text/unicode.h"

namespace rosa::text::jinja {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void appendHex(std::string& out, char32_t c, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += kHex[(c >> static_cast<unsigned>(shift)) & 0xFU];
}

void appendNumber(std::string& out, char32_t c) {
  if (c < 0x100) {
    out += "\\x";
    appendHex(out, c, 2);
  } else if (c < 0x10000) {
    out += "\\u";
    appendHex(out, c, 4);
  } else {
    out += "\\U";
    appendHex(out, c, 8);
  }
}

void appendEscape(std::string& out, char32_t c, char quote) {
  if (c == U'\n') {
    out += "\\n";
  } else if (c == U'\r') {
    out += "\\r";
  } else if (c == U'\t') {
    out += "\\t";
  } else if (c == U'\\' || c == static_cast<char32_t>(quote)) {
    out += '\\';
    out += static_cast<char>(c);
  } else if (isPrintable(c)) {
    appendUtf8(out, c);
  } else {
    appendNumber(out, c);
  }
}

void appendItems(Runtime& runtime, std::string& out, const std::vector<Value>& values) {
  bool first = true;
  for (const auto& value : values) {
    if (!first) out += ", ";
    first = false;
    out += represented(runtime, value);
  }
}

}  // namespace

std::string pythonQuoted(std::string_view utf8) {
  const bool single = utf8.find('\'') != std::string_view::npos;
  const char quote = single && utf8.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  const bool plain = std::all_of(utf8.begin(), utf8.end(), [&](char c) {
    return c >= ' ' && static_cast<unsigned char>(c) < 0x7F && c != '\\' && c != quote;
  });
  if (plain) {
    out += utf8;
  } else {
    for (const char32_t c : codePoints(utf8)) appendEscape(out, c, quote);
  }
  return out += quote;
}

std::string asciiEscaped(std::string_view utf8) {
  std::string out;
  for (const char32_t c : codePoints(utf8)) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else {
      appendNumber(out, c);
    }
  }
  return out;
}

std::string integerText(Integer value) {
  if (value == 0) return "0";
  std::string digits;
  const bool negative = value < 0;
  while (value != 0) {
    const auto digit = static_cast<int>(value % 10);
    digits += static_cast<char>('0' + (digit < 0 ? -digit : digit));
    value /= 10;
  }
  if (negative) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string realText(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<std::size_t>(result.ptr - buffer));
  const auto e = text.find('e');
  int exponent = 0;
  const auto exponentText = text.substr(e + (text[e + 1] == '+' ? 2 : 1));
  std::from_chars(exponentText.data(), exponentText.data() + exponentText.size(), exponent);
  std::string digits;
  for (const char c : text.substr(0, e)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  std::string out = std::signbit(value) ? "-" : "";
  // Python writes an exponent below 1e-4 and from 1e16 on.
  if (exponent < -4 || exponent >= 16) {
    out += digits[0];
    if (digits.size() > 1) out += "." + digits.substr(1);
    out += exponent < 0 ? "e-" : "e+";
    const auto size = std::to_string(std::abs(exponent));
    return out + (size.size() < 2 ? "0" : "") + size;
  }
  if (exponent < 0) return out + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) return out + digits + std::string(whole - digits.size(), '0') + ".0";
  return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string shown(Runtime& runtime, const Value& value) {
  if (const auto* text = value.asText()) return text->utf8;
  if (value.isUndefined()) return {};
  return represented(runtime, value);
}

std::string represented(Runtime& runtime, const Value& value) {
  runtime.meter.step();
  if (value.isNone()) return "None";
  if (value.isUndefined()) return "Undefined";
  if (const auto* flag = value.as<bool>()) return *flag ? "True" : "False";
  if (const auto* integer = value.as<Integer>()) return integerText(*integer);
  if (const auto* real = value.as<double>()) return realText(*real);
  if (const auto* text = value.asText()) {
    runtime.meter.bytes(text->utf8.size());
    return text->markup ? "Markup(" + pythonQuoted(text->utf8) + ")" : pythonQuoted(text->utf8);
  }
  const Meter::Level level(runtime.meter);
  std::string out;
  if (const auto* list = value.as<List>()) {
    out = "[";
    appendItems(runtime, out, list->items->values);
    out += "]";
  } else if (const auto* tuple = value.as<Tuple>()) {
    out = "(";
    appendItems(runtime, out, tuple->items->values);
    out += tuple->items->values.size() == 1 ? ",)" : ")";
  } else if (const auto* dict = value.asDict()) {
    out = "{";
    for (const auto& [key, item] : dict->entries()) {
      if (out.size() > 1) out += ", ";
      out += represented(runtime, key) + ": " + represented(runtime, item);
    }
    out += "}";
  } else {
    out = (*value.as<Value::ObjectRef>())->repr(runtime);
  }
  runtime.meter.bytes(out.size());
  return out;
}

std::string escapedText(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  for (const char c : utf8) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '"':
        out += "&#34;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string escaped(Runtime& runtime, const Value& value) {
  const auto* text = value.asText();
  if (text != nullptr && text->markup) return text->utf8;
  auto out = escapedText(shown(runtime, value));
  runtime.meter.bytes(out.size());
  return out;
}

}  // namespace rosa::text::jinja
