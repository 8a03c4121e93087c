// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/json_text.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "text/template/failure.h"
#include "text/template/operators.h"
#include "text/template/show.h"
#include "text/unicode.h"

namespace rosa::text::jinja {
namespace {

void appendUnit(std::string& out, unsigned unit) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(unit >> static_cast<unsigned>(shift)) & 0xFU];
}

std::string jsonReal(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  return realText(value);
}

class Writer {
 public:
  Writer(Runtime& runtime, const JsonStyle& style) : runtime_(runtime), style_(style) {}

  void write(const Value& value, std::size_t level) {
    runtime_.meter.step();
    if (value.isNone()) {
      out_ += "null";
    } else if (const auto* flag = value.as<bool>()) {
      out_ += *flag ? "true" : "false";
    } else if (const auto* integer = value.as<Integer>()) {
      out_ += integerText(*integer);
    } else if (const auto* real = value.as<double>()) {
      out_ += jsonReal(*real);
    } else if (const auto* text = value.asText()) {
      appendString(text->utf8);
    } else if (const auto* items = value.asItems()) {
      appendArray(items->values, level);
    } else if (const auto* dict = value.asDict()) {
      appendObject(*dict, level);
    } else {
      typeError("Object of type " + typeName(value) + " is not JSON serializable");
    }
    counted();
  }

  std::string take() { return std::move(out_); }

 private:
  void counted() {
    runtime_.meter.bytes(out_.size() - counted_);
    counted_ = out_.size();
  }

  void newLine(std::size_t level) {
    if (!style_.indent) return;
    out_ += '\n';
    for (std::size_t i = 0; i < level; ++i) out_ += *style_.indent;
    counted();
  }

  void appendArray(const std::vector<Value>& values, std::size_t level) {
    if (values.empty()) {
      out_ += "[]";
      return;
    }
    out_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out_ += style_.between;
      newLine(level + 1);
      write(values[i], level + 1);
    }
    newLine(level);
    out_ += ']';
  }

  void appendObject(const Dict& dict, std::size_t level) {
    if (dict.size() == 0) {
      out_ += "{}";
      return;
    }
    std::vector<const Dict::Entry*> entries;
    for (const auto& entry : dict.entries()) entries.push_back(&entry);
    if (style_.sortKeys) {
      std::stable_sort(entries.begin(), entries.end(),
                       [&](const auto* a, const auto* b) { return less(runtime_, a->first, b->first); });
    }
    out_ += '{';
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) out_ += style_.between;
      newLine(level + 1);
      appendString(keyText(entries[i]->first));
      out_ += style_.afterKey;
      write(entries[i]->second, level + 1);
    }
    newLine(level);
    out_ += '}';
  }

  static std::string keyText(const Value& key) {
    if (const auto* text = key.asText()) return text->utf8;
    if (key.isNone()) return "null";
    if (const auto* flag = key.as<bool>()) return *flag ? "true" : "false";
    if (const auto* integer = key.as<Integer>()) return integerText(*integer);
    if (const auto* real = key.as<double>()) return jsonReal(*real);
    typeError("keys must be str, int, float, bool or None, not " + typeName(key));
  }

  void appendString(std::string_view text) {
    out_ += '"';
    if (style_.ascii) {
      for (const char32_t c : codePoints(text)) appendAsciiCharacter(c);
    } else {
      for (const char c : text) appendCharacter(c);
    }
    out_ += '"';
  }

  void appendCharacter(char c) {
    switch (c) {
      case '"':
        out_ += "\\\"";
        break;
      case '\\':
        out_ += "\\\\";
        break;
      case '\n':
        out_ += "\\n";
        break;
      case '\r':
        out_ += "\\r";
        break;
      case '\t':
        out_ += "\\t";
        break;
      case '\f':
        out_ += "\\f";
        break;
      case '\b':
        out_ += "\\b";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          appendUnit(out_, static_cast<unsigned char>(c));
        } else {
          out_ += c;
        }
    }
  }

  void appendAsciiCharacter(char32_t c) {
    if (c < 0x7F) {
      appendCharacter(static_cast<char>(c));
    } else if (c < 0x10000) {
      appendUnit(out_, c);
    } else {
      appendUnit(out_, 0xD800U + ((c - 0x10000U) >> 10U));
      appendUnit(out_, 0xDC00U + ((c - 0x10000U) & 0x3FFU));
    }
  }

  Runtime& runtime_;
  const JsonStyle& style_;
  std::string out_;
  std::size_t counted_ = 0;
};

}  // namespace

std::string jsonText(Runtime& runtime, const Value& value, const JsonStyle& style) {
  Writer writer(runtime, style);
  writer.write(value, 0);
  return writer.take();
}

}  // namespace rosa::text::jinja
