// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <unordered_map>

#include "text/template/character.h"
#include "text/template/failure.h"
#include "text/template/format.h"
#include "text/template/methods.h"
#include "text/template/operators.h"
#include "text/template/show.h"
#include "text/template/text_ops.h"
#include "text/unicode.h"

/// The methods of str.
namespace rosa::text::jinja {
namespace {

Value like(Runtime& runtime, const Value& self, std::string utf8) {
  return makeText(runtime.meter, std::move(utf8), self.asText()->markup);
}

Value listOf(Runtime& runtime, const Value& self, std::vector<std::string> parts, bool tuple = false) {
  std::vector<Value> values;
  values.reserve(parts.size());
  for (auto& part : parts) values.push_back(like(runtime, self, std::move(part)));
  return tuple ? makeTuple(runtime.meter, std::move(values)) : makeList(runtime.meter, std::move(values));
}

template <std::string (*change)(std::string_view)>
Value changed(Runtime& runtime, const Value& self, const Arguments& arguments) {
  requirePositional("str method", arguments, 0, 0);
  runtime.meter.step(self.asText()->utf8.size() / 16);
  return like(runtime, self, change(self.asText()->utf8));
}

/// True for a text that has characters, all of which pass.
template <bool (*test)(char32_t)>
Value allAre(Runtime& runtime, const Value& self, const Arguments& arguments) {
  requirePositional("str method", arguments, 0, 0);
  runtime.meter.step(self.asText()->points / 16);
  const auto points = codePoints(self.asText()->utf8);
  return Value::boolean(!points.empty() && std::all_of(points.begin(), points.end(), test));
}

Value isAsciiText(Runtime& /*runtime*/, const Value& self, const Arguments& arguments) {
  requirePositional("str.isascii", arguments, 0, 0);
  return Value::boolean(self.asText()->ascii());
}

Value isPrintableText(Runtime& /*runtime*/, const Value& self, const Arguments& arguments) {
  requirePositional("str.isprintable", arguments, 0, 0);
  const auto points = codePoints(self.asText()->utf8);
  return Value::boolean(std::all_of(points.begin(), points.end(), isPrintable));
}

Value isLowerText(Runtime& /*runtime*/, const Value& self, const Arguments& arguments) {
  requirePositional("str.islower", arguments, 0, 0);
  return Value::boolean(isLowerCase(self.asText()->utf8));
}

Value isUpperText(Runtime& /*runtime*/, const Value& self, const Arguments& arguments) {
  requirePositional("str.isupper", arguments, 0, 0);
  return Value::boolean(isUpperCase(self.asText()->utf8));
}

Value isTitleText(Runtime& /*runtime*/, const Value& self, const Arguments& arguments) {
  requirePositional("str.istitle", arguments, 0, 0);
  bool inWord = false, any = false;
  for (const char32_t c : codePoints(self.asText()->utf8)) {
    const bool opens = isUpper(c) || isTitle(c);
    if ((opens && inWord) || (isLower(c) && !inWord)) return Value::boolean(false);
    inWord = isCased(c);
    any = any || inWord;
  }
  return Value::boolean(any);
}

Value isIdentifierText(Runtime& /*runtime*/, const Value& self, const Arguments& arguments) {
  requirePositional("str.isidentifier", arguments, 0, 0);
  return Value::boolean(isIdentifier(self.asText()->utf8));
}

template <bool left, bool right>
Value stripped(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const auto* name = left && right ? "strip" : left ? "lstrip" : "rstrip";
  requirePositional(name, arguments, 0, 1);
  const auto& text = self.asText()->utf8;
  if (arguments.positional.empty() || arguments.positional[0].isNone()) {
    return like(runtime, self, std::string(strip(text, nullptr, left, right)));
  }
  const auto* characters = arguments.positional[0].asText();
  if (characters == nullptr) typeError(std::string(name) + " arg must be None or str");
  return like(runtime, self, std::string(strip(text, &characters->utf8, left, right)));
}

template <bool fromRight>
Value split(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound given(fromRight ? "rsplit" : "split", arguments, {"sep", "maxsplit"}, 0);
  const Integer most = given.has(1) ? integerArgument(given[1]) : -1;
  const auto& text = self.asText()->utf8;
  runtime.meter.step(text.size() / 16);
  if (!given.has(0) || given[0].isNone()) {
    return listOf(runtime, self, fromRight ? splitSpaceFromRight(text, most) : splitSpace(text, most));
  }
  const auto* separator = given[0].asText();
  if (separator == nullptr) typeError("must be str or None, not " + typeName(given[0]));
  if (separator->utf8.empty()) valueError("empty separator");
  return listOf(runtime, self,
                fromRight ? splitFromRight(text, separator->utf8, most) : splitAt(text, separator->utf8, most));
}

Value splitLinesOf(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound given("splitlines", arguments, {"keepends"}, 0);
  runtime.meter.step(self.asText()->utf8.size() / 16);
  return listOf(runtime, self, splitLines(self.asText()->utf8, given.has(0) && given[0].truth()));
}

template <bool fromRight>
Value partition(Runtime& runtime, const Value& self, const Arguments& arguments) {
  requirePositional("partition", arguments, 1, 1);
  const auto& text = self.asText()->utf8;
  const auto* separator = arguments.positional[0].asText();
  if (separator == nullptr) typeError("must be str, not " + typeName(arguments.positional[0]));
  if (separator->utf8.empty()) valueError("empty separator");
  const auto at = fromRight ? text.rfind(separator->utf8) : text.find(separator->utf8);
  if (at == std::string::npos) {
    return listOf(runtime, self,
                  fromRight ? std::vector<std::string>{"", "", text} : std::vector<std::string>{text, "", ""}, true);
  }
  return listOf(runtime, self, {text.substr(0, at), separator->utf8, text.substr(at + separator->utf8.size())}, true);
}

Value replace(Runtime& runtime, const Value& self, const Arguments& arguments) {
  requirePositional("replace", arguments, 2, 3);
  const auto& old = textArgument("replace", arguments.positional[0]);
  const auto& fresh = textArgument("replace", arguments.positional[1]);
  const Integer most = arguments.positional.size() > 2 ? integerArgument(arguments.positional[2]) : -1;
  const bool escape = self.asText()->markup && !fresh.markup;
  return like(runtime, self,
              replaced(runtime, self.asText()->utf8, old.utf8, escape ? escapedText(fresh.utf8) : fresh.utf8, most));
}

/// The part of a text that find(), count() and startswith() look at, in bytes; nothing where start lies behind it.
struct Part {
  std::string_view text;
  std::size_t firstPoint = 0;
  bool inside = true;
};
Part partOf(const Text& text, const Arguments& arguments, std::size_t from) {
  const auto given = [&](std::size_t at) -> std::optional<Integer> {
    if (arguments.positional.size() <= at || arguments.positional[at].isNone()) return std::nullopt;
    const auto index = arguments.positional[at].asInteger();
    if (!index) typeError("slice indices must be integers or None or have an __index__ method");
    return index;
  };
  const auto start = given(from), stop = given(from + 1);
  const auto bounds = sliceBounds(start, stop, 1, text.points);
  Part part;
  part.firstPoint = static_cast<std::size_t>(bounds.first);
  part.text = pointsOf(text, part.firstPoint, bounds.count);
  part.inside = !(start && *start > static_cast<Integer>(text.points)) && bounds.first <= bounds.last;
  return part;
}

template <bool fromRight, bool required>
Value find(Runtime& runtime, const Value& self, const Arguments& arguments) {
  requirePositional("find", arguments, 1, 3);
  const auto* wanted = arguments.positional[0].asText();
  if (wanted == nullptr) typeError("must be str, not " + typeName(arguments.positional[0]));
  const auto part = partOf(*self.asText(), arguments, 1);
  runtime.meter.step(part.text.size() / 64);
  const auto at = !part.inside ? std::string_view::npos
                  : fromRight  ? part.text.rfind(wanted->utf8)
                               : part.text.find(wanted->utf8);
  if (at == std::string_view::npos) {
    if (required) valueError("substring not found");
    return Value::integer(-1);
  }
  return Value::integer(static_cast<Integer>(part.firstPoint + countCodePoints(part.text.substr(0, at))));
}

Value count(Runtime& runtime, const Value& self, const Arguments& arguments) {
  requirePositional("count", arguments, 1, 3);
  const auto* wanted = arguments.positional[0].asText();
  if (wanted == nullptr) typeError("must be str, not " + typeName(arguments.positional[0]));
  const auto part = partOf(*self.asText(), arguments, 1);
  runtime.meter.step(part.text.size() / 64);
  if (!part.inside) return Value::integer(0);
  if (wanted->utf8.empty()) return Value::integer(static_cast<Integer>(countCodePoints(part.text)) + 1);
  Integer found = 0;
  for (auto at = part.text.find(wanted->utf8); at != std::string_view::npos;
       at = part.text.find(wanted->utf8, at + wanted->utf8.size())) {
    ++found;
  }
  return Value::integer(found);
}

template <bool atEnd>
Value beginsWith(Runtime& /*runtime*/, const Value& self, const Arguments& arguments) {
  const std::string name = atEnd ? "endswith" : "startswith";
  requirePositional(name, arguments, 1, 3);
  const auto part = partOf(*self.asText(), arguments, 1);
  const auto matches = [&](const Value& value) {
    const auto* affix = value.asText();
    if (affix == nullptr) {
      typeError("tuple for " + name + " must only contain str, not " + typeName(value));
    }
    return part.inside && (atEnd ? part.text.ends_with(affix->utf8) : part.text.starts_with(affix->utf8));
  };
  const auto& affix = arguments.positional[0];
  if (const auto* tuple = affix.as<Tuple>()) {
    return Value::boolean(std::any_of(tuple->items->values.begin(), tuple->items->values.end(), matches));
  }
  if (affix.asText() == nullptr) {
    typeError(name + " first arg must be str or a tuple of str, not " + typeName(affix));
  }
  return Value::boolean(matches(affix));
}

template <bool atEnd>
Value withoutAffix(Runtime& runtime, const Value& self, const Arguments& arguments) {
  requirePositional(atEnd ? "removesuffix" : "removeprefix", arguments, 1, 1);
  const auto& affix = textArgument(atEnd ? "removesuffix" : "removeprefix", arguments.positional[0]).utf8;
  const auto& text = self.asText()->utf8;
  if (affix.empty() || !(atEnd ? text.ends_with(affix) : text.starts_with(affix))) return self;
  return like(runtime, self, atEnd ? text.substr(0, text.size() - affix.size()) : text.substr(affix.size()));
}

template <char align>
Value justified(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const auto* name = align == '<' ? "ljust" : align == '>' ? "rjust" : "center";
  requirePositional(name, arguments, 1, 2);
  std::string fill = " ";
  if (arguments.positional.size() > 1) {
    const auto* text = arguments.positional[1].asText();
    if (text == nullptr)
      typeError("The fill character must be a unicode character, not " + typeName(arguments.positional[1]));
    if (text->points != 1) typeError("The fill character must be exactly one character long");
    fill = text->utf8;
  }
  return like(runtime, self, justify(runtime, *self.asText(), integerArgument(arguments.positional[0]), align, fill));
}

Value zeroFilled(Runtime& runtime, const Value& self, const Arguments& arguments) {
  requirePositional("zfill", arguments, 1, 1);
  const auto& text = *self.asText();
  const bool sign = text.utf8.starts_with("+") || text.utf8.starts_with("-");
  const auto width = integerArgument(arguments.positional[0]);
  if (width <= static_cast<Integer>(text.points)) return self;
  const auto zeros = static_cast<std::uint64_t>(std::min(width - static_cast<Integer>(text.points), Integer{1} << 60U));
  runtime.meter.bytes(zeros);
  return like(runtime, self,
              text.utf8.substr(0, sign ? 1 : 0) + std::string(zeros, '0') + text.utf8.substr(sign ? 1 : 0));
}

Value expandedTabs(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound given("expandtabs", arguments, {"tabsize"}, 0);
  const auto size = std::clamp<Integer>(given.has(0) ? integerArgument(given[0]) : 8, 0, 1 << 20);
  std::string out;
  Integer column = 0;
  for (const char32_t c : codePoints(self.asText()->utf8)) {
    if (c == U'\t') {
      const Integer spaces = size == 0 ? 0 : size - column % size;
      runtime.meter.bytes(static_cast<std::uint64_t>(spaces));
      out.append(static_cast<std::size_t>(spaces), ' ');
      column += spaces;
    } else {
      appendUtf8(out, c);
      column = c == U'\n' || c == U'\r' ? 0 : column + 1;
    }
  }
  return like(runtime, self, std::move(out));
}

Value join(Runtime& runtime, const Value& self, const Arguments& arguments) {
  requirePositional("join", arguments, 1, 1);
  const bool markup = self.asText()->markup;
  std::string out;
  std::size_t at = 0;
  const auto& list = arguments.positional[0];
  if (!isIterable(runtime, list)) typeError("can only join an iterable");
  const auto iterator = iterate(runtime, list);
  for (Value value; iterator->next(runtime, value); ++at) {
    if (value.asText() == nullptr && !markup) {
      typeError("sequence item " + std::to_string(at) + ": expected str instance, " + typeName(value) + " found");
    }
    if (at > 0) out += self.asText()->utf8;
    out += markup ? escaped(runtime, value) : value.asText()->utf8;
    if (out.size() > runtime.meter.limits().output) runtime.meter.bytes(runtime.meter.limits().bytes);
  }
  return like(runtime, self, std::move(out));
}

Value format(Runtime& runtime, const Value& self, const Arguments& arguments) {
  return braceFormatted(runtime, *self.asText(), arguments);
}

Value formatMap(Runtime& runtime, const Value& self, const Arguments& arguments) {
  requirePositional("format_map", arguments, 1, 1);
  return braceFormatted(runtime, *self.asText(), {}, &arguments.positional[0]);
}

Value makeTranslation(Runtime& runtime, const Value& /*self*/, const Arguments& arguments) {
  requirePositional("maketrans", arguments, 1, 3);
  Dict table;
  if (arguments.positional.size() == 1) {
    const auto* dict = arguments.positional[0].asDict();
    if (dict == nullptr) typeError("if you give only one argument to maketrans it must be a dict");
    for (const auto& [key, value] : dict->entries()) {
      const auto* text = key.asText();
      if (text != nullptr && text->points != 1) valueError("string keys in translate table must be of length 1");
      table.set(text == nullptr ? key : Value::integer(codePoints(text->utf8)[0]), value);
    }
    return makeDict(runtime.meter, std::move(table));
  }
  const auto from = codePoints(textArgument("maketrans", arguments.positional[0]).utf8);
  const auto to = codePoints(textArgument("maketrans", arguments.positional[1]).utf8);
  if (from.size() != to.size()) valueError("the first two maketrans arguments must have equal length");
  for (std::size_t i = 0; i < from.size(); ++i) table.set(Value::integer(from[i]), Value::integer(to[i]));
  if (arguments.positional.size() > 2) {
    for (const char32_t c : codePoints(textArgument("maketrans", arguments.positional[2]).utf8)) {
      table.set(Value::integer(c), Value());
    }
  }
  return makeDict(runtime.meter, std::move(table));
}

Value translated(Runtime& runtime, const Value& self, const Arguments& arguments) {
  requirePositional("translate", arguments, 1, 1);
  const auto* table = arguments.positional[0].asDict();
  if (table == nullptr) typeError(pythonQuoted(typeName(arguments.positional[0])) + " object is not subscriptable");
  std::string out;
  for (const char32_t c : codePoints(self.asText()->utf8)) {
    runtime.meter.step();
    const auto* to = table->find(Value::integer(c));
    if (to == nullptr) {
      appendUtf8(out, c);
    } else if (const auto* text = to->asText()) {
      runtime.meter.bytes(text->utf8.size());
      out += text->utf8;
    } else if (const auto code = to->asInteger()) {
      if (*code < 0 || *code > 0x10FFFF) valueError("character mapping must be in range(0x110000)");
      appendUtf8(out, static_cast<char32_t>(*code));
    } else if (!to->isNone()) {
      typeError("character mapping must return integer, None or str");
    }
  }
  return like(runtime, self, std::move(out));
}

Value encoded(Runtime& /*runtime*/, const Value& /*self*/, const Arguments& /*arguments*/) {
  typeError("encode() gives bytes, which templates cannot use here");
}

const std::unordered_map<std::string_view, Method>& methods() {
  static const std::unordered_map<std::string_view, Method> kMethods = {
      {"capitalize", changed<capitalized>},
      {"casefold", changed<caseFolded>},
      {"center", justified<'^'>},
      {"count", count},
      {"encode", encoded},
      {"endswith", beginsWith<true>},
      {"expandtabs", expandedTabs},
      {"find", find<false, false>},
      {"format", format},
      {"format_map", formatMap},
      {"index", find<false, true>},
      {"isalnum", allAre<isAlnum>},
      {"isalpha", allAre<isAlpha>},
      {"isascii", isAsciiText},
      {"isdecimal", allAre<isDecimal>},
      {"isdigit", allAre<isDigit>},
      {"isidentifier", isIdentifierText},
      {"islower", isLowerText},
      {"isnumeric", allAre<isNumericCharacter>},
      {"isprintable", isPrintableText},
      {"isspace", allAre<isSpace>},
      {"istitle", isTitleText},
      {"isupper", isUpperText},
      {"join", join},
      {"ljust", justified<'<'>},
      {"lower", changed<lower>},
      {"lstrip", stripped<true, false>},
      {"maketrans", makeTranslation},
      {"partition", partition<false>},
      {"removeprefix", withoutAffix<false>},
      {"removesuffix", withoutAffix<true>},
      {"replace", replace},
      {"rfind", find<true, false>},
      {"rindex", find<true, true>},
      {"rjust", justified<'>'>},
      {"rpartition", partition<true>},
      {"rsplit", split<true>},
      {"rstrip", stripped<false, true>},
      {"split", split<false>},
      {"splitlines", splitLinesOf},
      {"startswith", beginsWith<false>},
      {"strip", stripped<true, true>},
      {"swapcase", changed<swappedCase>},
      {"title", changed<title>},
      {"translate", translated},
      {"upper", changed<upper>},
      {"zfill", zeroFilled},
  };
  return kMethods;
}

}  // namespace

Method textMethod(std::string_view name) {
  const auto found = methods().find(name);
  return found == methods().end() ? nullptr : found->second;
}

}  // namespace rosa::text::jinja
