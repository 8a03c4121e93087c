// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <string>
#include <unordered_map>

#include "text/template/character.h"
#include "text/template/failure.h"
#include "text/template/filters.h"
#include "text/template/format.h"
#include "text/template/json_text.h"
#include "text/template/operators.h"
#include "text/template/show.h"
#include "text/template/text_ops.h"
#include "text/template/word_wrap.h"
#include "text/unicode.h"

/// The filters of texts.
namespace rosa::text::jinja {
namespace {

bool isMarkup(const Value& value) {
  return value.asText() != nullptr && value.asText()->markup;
}

/// soft_str(value): a Markup stays one.
Value softText(Runtime& runtime, const Value& value) {
  return value.asText() != nullptr ? value : makeText(runtime.meter, shown(runtime, value));
}

template <std::string (*change)(std::string_view)>
Value changed(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("filter", arguments, {}, 0);
  const auto text = softText(runtime, value);
  runtime.meter.step(text.asText()->utf8.size() / 16);
  return makeText(runtime.meter, change(text.asText()->utf8), isMarkup(text));
}

/// Words begin after white space, - ( { [ and <, unlike those of str.title.
std::string titleOfWords(std::string_view text) {
  std::string out, word;
  const auto finish = [&] {
    const auto points = codePoints(word);
    if (points.empty()) return;
    out += upper(toUtf8(points.substr(0, 1))) + lower(toUtf8(points.substr(1)));
    word.clear();
  };
  for (const char32_t c : codePoints(text)) {
    const bool opens = isSpace(c) || c == U'-' || c == U'(' || c == U'{' || c == U'[' || c == U'<';
    if (opens) {
      finish();
      appendUtf8(out, c);
    } else {
      appendUtf8(word, c);
    }
  }
  finish();
  return out;
}

Value toText(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("soft_str", arguments, {}, 0);
  return softText(runtime, value);
}

Value safe(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_mark_safe", arguments, {}, 0);
  return makeText(runtime.meter, shown(runtime, value), true);
}

Value escape(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("escape", arguments, {}, 0);
  return makeText(runtime.meter, escaped(runtime, value), true);
}

Value forceEscape(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_forceescape", arguments, {}, 0);
  return makeText(runtime.meter, escapedText(shown(runtime, value)), true);
}

Value trim(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_trim", arguments, {"chars"}, 0);
  const auto text = softText(runtime, value);
  const bool given = bound.has(0) && !bound[0].isNone();
  if (given && bound[0].asText() == nullptr) typeError("strip arg must be None or str");
  return makeText(runtime.meter, std::string(strip(text.asText()->utf8, given ? &bound[0].asText()->utf8 : nullptr)),
                  isMarkup(text));
}

Value replace(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_replace", arguments, {"old", "new", "count"}, 2);
  Integer most = -1;
  if (bound.has(2) && !bound[2].isNone()) {
    const auto count = bound[2].asInteger();
    if (!count) typeError(pythonQuoted(typeName(bound[2])) + " object cannot be interpreted as an integer");
    most = *count;
  }
  if (!runtime.autoescape) {
    return makeText(runtime.meter,
                    replaced(runtime, shown(runtime, value), shown(runtime, bound[0]), shown(runtime, bound[1]), most));
  }
  const bool escape = isMarkup(bound[0]) || (isMarkup(bound[1]) && !isMarkup(value));
  const bool markup = escape || isMarkup(value);
  const auto text = escape ? escaped(runtime, value) : shown(runtime, value);
  const auto part = [&](const Value& of) { return markup ? escaped(runtime, of) : shown(runtime, of); };
  return makeText(runtime.meter, replaced(runtime, text, shown(runtime, bound[0]), part(bound[1]), most), markup);
}

Value center(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_center", arguments, {"width"}, 0);
  const auto text = softText(runtime, value);
  const auto width = bound.has(0) ? bound[0].asInteger() : std::optional<Integer>(80);
  if (!width) typeError(pythonQuoted(typeName(bound[0])) + " object cannot be interpreted as an integer");
  return makeText(runtime.meter, justify(runtime, *text.asText(), *width, '^'), isMarkup(text));
}

Value format(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!arguments.positional.empty() && !arguments.named.empty()) {
    fail("FilterArgumentError", "can't handle positional and keyword arguments at the same time");
  }
  const auto text = softText(runtime, value);
  if (arguments.named.empty()) return percentFormatted(runtime, text, makeTuple(runtime.meter, arguments.positional));
  Dict named;
  for (const auto& [key, argument] : arguments.named) named.set(Value::text(key), argument);
  return percentFormatted(runtime, text, makeDict(runtime.meter, std::move(named)));
}

const Text& requireText(const Value& value, const char* method) {
  if (const auto* missing = value.as<Value::Undefined>()) (*missing)->raise();
  if (const auto* text = value.asText()) return *text;
  fail("AttributeError", pythonQuoted(typeName(value)) + " object has no attribute " + pythonQuoted(method));
}

Value indent(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_indent", arguments, {"width", "first", "blank"}, 0);
  if (const auto* missing = value.as<Value::Undefined>()) (*missing)->raise();
  if (value.as<List>() != nullptr) requireText(value, "splitlines");
  if (value.asText() == nullptr) {
    typeError("unsupported operand type(s) for +=: " + pythonQuoted(typeName(value)) + " and 'str'");
  }
  std::string unit(4, ' ');
  if (bound.has(0)) {
    if (const auto* text = bound[0].asText()) {
      unit = text->utf8;
    } else {
      const auto width = bound[0].asInteger();
      if (!width) typeError("can't multiply sequence by non-int of type " + pythonQuoted(typeName(bound[0])));
      const auto count = static_cast<std::uint64_t>(std::clamp<Integer>(*width, 0, Integer{1} << 40U));
      runtime.meter.bytes(count);
      unit.assign(count, ' ');
    }
  }
  const bool first = bound.has(1) && bound[1].truth();
  const bool blank = bound.has(2) && bound[2].truth();
  // A newline at the end makes splitlines() give the last line even where it is empty.
  const auto lines = splitLines(value.asText()->utf8 + "\n", false);
  runtime.meter.bytes(unit.size(), lines.size());
  std::string out = first ? unit : "";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) {
      out += '\n';
      if (blank || !lines[i].empty()) out += unit;
    }
    out += lines[i];
  }
  return makeText(runtime.meter, std::move(out), isMarkup(value));
}

Value truncate(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_truncate", arguments, {"length", "killwords", "end", "leeway"}, 0);
  const auto number = [&](std::size_t at, Integer otherwise) {
    if (!bound.has(at) || bound[at].isNone()) return otherwise;
    const auto integer = bound[at].asInteger();
    if (!integer) typeError(pythonQuoted(typeName(bound[at])) + " object cannot be interpreted as an integer");
    return *integer;
  };
  const auto length = number(0, 255), leeway = number(3, 5);
  const auto end = bound.has(2) ? shown(runtime, bound[2]) : "...";
  const auto endPoints = static_cast<Integer>(codePoints(end).size());
  if (length < endPoints) {
    fail("AssertionError", "expected length >= " + integerText(endPoints) + ", got " + integerText(length));
  }
  if (leeway < 0) fail("AssertionError", "expected leeway >= 0, got " + integerText(leeway));
  const auto size = lengthOf(runtime, value);
  if (!size) typeError("object of type " + pythonQuoted(typeName(value)) + " has no len()");
  if (static_cast<Integer>(*size) <= length + leeway) return value;
  const auto& text = requireText(value, "rsplit");
  std::string cut(pointsOf(text, 0, static_cast<std::size_t>(length - endPoints)));
  if (!(bound.has(1) && bound[1].truth())) cut = splitFromRight(cut, " ", 1)[0];
  return makeText(runtime.meter, cut + end, text.markup);
}

Value wordCount(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_wordcount", arguments, {}, 0);
  Integer words = 0;
  bool inWord = false;
  for (const char32_t c : codePoints(shown(runtime, value))) {
    const bool part = isAlnum(c) || c == U'_';
    words += part && !inWord ? 1 : 0;
    inWord = part;
  }
  return Value::integer(words);
}

Value wordWrap(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_wordwrap", arguments, {"width", "break_long_words", "wrapstring", "break_on_hyphens"}, 0);
  const auto width = bound.has(0) ? bound[0].asInteger() : std::optional<Integer>(79);
  if (!width) typeError("'<=' not supported between instances of " + pythonQuoted(typeName(bound[0])) + " and 'int'");
  WrapStyle style;
  style.width = static_cast<std::size_t>(std::clamp<Integer>(*width, 0, 1 << 30));
  style.breakLongWords = !bound.has(1) || bound[1].truth();
  style.breakOnHyphens = !bound.has(3) || bound[3].truth();
  const auto between = bound.has(2) && !bound[2].isNone() ? shown(runtime, bound[2]) : "\n";
  const auto lines = splitLines(requireText(value, "splitlines").utf8, false);
  if (*width <= 0 && !lines.empty()) valueError("invalid width " + integerText(*width) + " (must be > 0)");
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += between;
    const auto wrapped = wrappedLines(runtime, lines[i], style);
    for (std::size_t j = 0; j < wrapped.size(); ++j) {
      if (j > 0) out += between;
      out += wrapped[j];
    }
    runtime.meter.bytes(between.size(), wrapped.size() + 1);
  }
  return makeText(runtime.meter, std::move(out));
}

Value stripTags(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_striptags", arguments, {}, 0);
  return makeText(runtime.meter, withoutTags(shown(runtime, value)));
}

std::string urlQuoted(Runtime& runtime, const Value& value, bool query) {
  const auto text = shown(runtime, value);
  runtime.meter.bytes(3 * text.size());
  std::string out;
  for (const char c : text) {
    const bool keep = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                      c == '.' || c == '-' || c == '~' || (c == '/' && !query);
    if (keep) {
      out += c;
    } else if (c == ' ' && query) {
      out += '+';
    } else {
      char code[4];
      std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += code;
    }
  }
  return out;
}

Value urlEncode(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_urlencode", arguments, {}, 0);
  if (value.asText() != nullptr || !isIterable(runtime, value)) {
    return makeText(runtime.meter, urlQuoted(runtime, value, false));
  }
  std::string out;
  const auto add = [&](const Value& key, const Value& item) {
    if (!out.empty()) out += '&';
    out += urlQuoted(runtime, key, true) + "=" + urlQuoted(runtime, item, true);
  };
  if (const auto* dict = value.asDict()) {
    for (const auto& [key, item] : dict->entries()) add(key, item);
  } else {
    for (const auto& pair : itemsOf(runtime, value)) {
      const auto parts = itemsOf(runtime, pair);
      if (parts.size() != 2)
        valueError("not enough values to unpack (expected 2, got " + std::to_string(parts.size()) + ")");
      add(parts[0], parts[1]);
    }
  }
  return makeText(runtime.meter, std::move(out));
}

Value xmlAttributes(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_xmlattr", arguments, {"autospace"}, 0);
  const auto* dict = value.asDict();
  if (dict == nullptr) requireText(Value::integer(0), "items");
  std::string out;
  for (const auto& [key, item] : dict->entries()) {
    if (item.isNone() || item.isUndefined()) continue;
    const auto* name = key.asText();
    if (name == nullptr) typeError("expected string or bytes-like object, got " + pythonQuoted(typeName(key)));
    if (name->utf8.find_first_of(" \t\n\r\f\v/>=") != std::string::npos) {
      valueError("Invalid character in attribute name: " + pythonQuoted(name->utf8));
    }
    if (!out.empty()) out += ' ';
    out += escaped(runtime, key) + "=\"" + escaped(runtime, item) + "\"";
  }
  if (!out.empty() && (!bound.has(0) || bound[0].truth())) out.insert(0, 1, ' ');
  return makeText(runtime.meter, std::move(out), runtime.autoescape);
}

Value toJson(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("tojson", arguments, {"ensure_ascii", "indent", "separators", "sort_keys"}, 0);
  JsonStyle style;
  style.ascii = bound.has(0) && bound[0].truth();
  style.sortKeys = bound.has(3) && bound[3].truth();
  if (bound.has(1) && !bound[1].isNone()) {
    if (const auto* text = bound[1].asText()) {
      style.indent = text->utf8;
    } else {
      const auto width = bound[1].asInteger();
      if (!width) typeError("can't multiply sequence by non-int of type " + pythonQuoted(typeName(bound[1])));
      style.indent.emplace(static_cast<std::size_t>(std::clamp<Integer>(*width, 0, 1 << 16)), ' ');
    }
    style.between = ",";
  }
  if (bound.has(2) && !bound[2].isNone()) {
    const auto pair = itemsOf(runtime, bound[2]);
    if (pair.size() != 2) {
      valueError(pair.size() < 2 ? "not enough values to unpack (expected 2, got " + std::to_string(pair.size()) + ")"
                                 : std::string("too many values to unpack (expected 2)"));
    }
    style.between = shown(runtime, pair[0]);
    style.afterKey = shown(runtime, pair[1]);
  }
  return makeText(runtime.meter, jsonText(runtime, value, style));
}

Value prettyPrinted(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_pprint", arguments, {}, 0);
  return makeText(runtime.meter, prettyText(runtime, value));
}

}  // namespace

Filter findTextFilter(std::string_view name) {
  static const std::unordered_map<std::string_view, Filter> kFilters = {
      {"capitalize", changed<capitalized>},
      {"center", center},
      {"e", escape},
      {"escape", escape},
      {"forceescape", forceEscape},
      {"format", format},
      {"indent", indent},
      {"lower", changed<lower>},
      {"pprint", prettyPrinted},
      {"replace", replace},
      {"safe", safe},
      {"string", toText},
      {"striptags", stripTags},
      {"title", changed<titleOfWords>},
      {"tojson", toJson},
      {"trim", trim},
      {"truncate", truncate},
      {"upper", changed<upper>},
      {"urlencode", urlEncode},
      {"wordcount", wordCount},
      {"wordwrap", wordWrap},
      {"xmlattr", xmlAttributes},
  };
  const auto found = kFilters.find(name);
  return found == kFilters.end() ? nullptr : found->second;
}

}  // namespace rosa::text::jinja
