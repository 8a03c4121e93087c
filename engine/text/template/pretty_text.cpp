// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "text/template/character.h"
#include "text/template/failure.h"
#include "text/template/operators.h"
#include "text/template/show.h"
#include "text/template/text_ops.h"
#include "text/template/word_wrap.h"
#include "text/unicode.h"

namespace rosa::text::jinja {
namespace {

constexpr std::size_t kWidth = 80;

std::size_t widthOf(std::string_view text) {
  return codePoints(text).size();
}

std::size_t less(std::size_t from, std::size_t amount) {
  return from > amount ? from - amount : 0;
}

/// Keys of one kind in their order, others by the name of their type.
bool before(Runtime& runtime, const Value& left, const Value& right) {
  try {
    return jinja::less(runtime, left, right);
  } catch (const Failure& failure) {
    if (failure.type != "TypeError") throw;
    return typeName(left) < typeName(right);
  }
}

class Pretty {
 public:
  explicit Pretty(Runtime& runtime) : runtime_(runtime) {}

  void write(const Value& value, std::size_t indent, std::size_t allowance, int level) {
    const Meter::Level deeper(runtime_.meter);
    const auto line = onOneLine(value);
    if (widthOf(line) <= less(kWidth, indent + allowance)) {
      out_ += line;
    } else if (const auto* dict = value.asDict()) {
      writeDict(*dict, indent, allowance + 1, level);
    } else if (const auto* items = value.asItems()) {
      const bool list = value.as<List>() != nullptr;
      const std::string close = list ? "]" : items->values.size() == 1 ? ",)" : ")";
      out_ += list ? '[' : '(';
      writeItems(items->values, indent + 1, allowance + close.size(), level);
      out_ += close;
    } else if (const auto* text = value.asText(); text != nullptr && !text->markup) {
      writeText(text->utf8, line, indent, allowance, level);
    } else {
      out_ += line;
    }
  }

  std::string take() { return std::move(out_); }

 private:
  std::vector<const Dict::Entry*> sorted(const Dict& dict) {
    std::vector<const Dict::Entry*> entries;
    for (const auto& entry : dict.entries()) entries.push_back(&entry);
    std::stable_sort(entries.begin(), entries.end(),
                     [&](const auto* a, const auto* b) { return before(runtime_, a->first, b->first); });
    return entries;
  }

  std::string onOneLine(const Value& value) {
    const Meter::Level deeper(runtime_.meter);
    std::string out;
    if (const auto* dict = value.asDict()) {
      for (const auto* entry : sorted(*dict)) {
        out += (out.empty() ? "" : ", ") + onOneLine(entry->first) + ": " + onOneLine(entry->second);
      }
      out = "{" + out + "}";
    } else if (const auto* items = value.asItems()) {
      for (const auto& item : items->values) out += (out.empty() ? "" : ", ") + onOneLine(item);
      if (value.as<List>() != nullptr) {
        out = "[" + out + "]";
      } else {
        out = "(" + out + (items->values.size() == 1 ? ",)" : ")");
      }
    } else {
      out = represented(runtime_, value);
    }
    runtime_.meter.bytes(out.size());
    return out;
  }

  void newLine(std::size_t indent) {
    runtime_.meter.bytes(indent);
    out_ += ",\n" + std::string(indent, ' ');
  }

  void writeDict(const Dict& dict, std::size_t indent, std::size_t allowance, int level) {
    out_ += '{';
    const auto entries = sorted(dict);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) newLine(indent + 1);
      const auto key = onOneLine(entries[i]->first);
      out_ += key + ": ";
      write(entries[i]->second, indent + 1 + widthOf(key) + 2, i + 1 == entries.size() ? allowance : 1, level + 1);
    }
    out_ += '}';
  }

  void writeItems(const std::vector<Value>& values, std::size_t indent, std::size_t allowance, int level) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) newLine(indent);
      write(values[i], indent, i + 1 == values.size() ? allowance : 1, level + 1);
    }
  }

  /// A long text as several, which Python joins again.
  void writeText(const std::string& text, const std::string& line, std::size_t indent, std::size_t allowance,
                 int level) {
    const bool outermost = level == 1;
    if (outermost) {
      ++indent;
      ++allowance;
    }
    std::vector<std::string> chunks;
    const auto lines = splitLines(text, true);
    std::string last;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const bool final = i + 1 == lines.size();
      last = pythonQuoted(lines[i]);
      if (widthOf(last) <= less(kWidth, indent + (final ? allowance : 0))) {
        chunks.push_back(last);
        continue;
      }
      std::string current;
      const auto words = wordsWithSpace(lines[i]);
      for (std::size_t j = 0; j < words.size(); ++j) {
        const auto width = less(kWidth, indent + (final && j + 1 == words.size() ? allowance : 0));
        if (widthOf(pythonQuoted(current + words[j])) > width) {
          if (!current.empty()) chunks.push_back(pythonQuoted(current));
          current = words[j];
        } else {
          current += words[j];
        }
        runtime_.meter.step(current.size() / 16 + 1);
      }
      if (!current.empty()) chunks.push_back(pythonQuoted(current));
    }
    if (chunks.size() == 1) {
      out_ += lines.size() == 1 ? line : last;
      return;
    }
    if (outermost) out_ += '(';
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      if (i > 0) out_ += "\n" + std::string(indent, ' ');
      out_ += chunks[i];
    }
    if (outermost) out_ += ')';
  }

  static std::vector<std::string> wordsWithSpace(const std::string& line) {
    std::vector<std::string> words;
    const auto points = codePoints(line);
    for (std::size_t at = 0; at < points.size();) {
      auto end = at;
      while (end < points.size() && !isSpace(points[end])) ++end;
      while (end < points.size() && isSpace(points[end])) ++end;
      words.push_back(toUtf8(points.substr(at, end - at)));
      at = end;
    }
    return words;
  }

  Runtime& runtime_;
  std::string out_;
};

}  // namespace

std::string prettyText(Runtime& runtime, const Value& value) {
  Pretty pretty(runtime);
  pretty.write(value, 0, 0, 1);
  return pretty.take();
}

}  // namespace rosa::text::jinja
