// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/format.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "text/template/attributes.h"
#include "text/template/failure.h"
#include "text/template/number_text.h"
#include "text/template/show.h"
#include "text/unicode.h"

namespace rosa::text::jinja {
namespace {

constexpr std::size_t kWidest = 1U << 20U;  // of one field, in characters

std::size_t readWidth(std::string_view text, std::size_t& at, const char* what) {
  std::size_t width = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
    width = width * 10 + static_cast<std::size_t>(text[at++] - '0');
    if (width > kWidest) valueError(what);
  }
  return width;
}

/// What a number is written with, whichever of the two languages asked for it.
struct NumberStyle {
  char type = 'd';
  bool alternate = false;
  char grouping = 0;  ///< ',' or '_'
  int precision = -1;
};

std::string inBase(Integer magnitude, int base, bool upperCase) {
  const std::string_view digits = upperCase ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string out;
  do {
    out += digits[static_cast<std::size_t>(magnitude % base)];
    magnitude /= base;
  } while (magnitude != 0);
  std::reverse(out.begin(), out.end());
  return out;
}

std::string grouped(const std::string& digits, char separator, std::size_t by) {
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % by == 0) out += separator;
    out += digits[i];
  }
  return out;
}

/// Digits without sign; the prefix (0x) goes to `prefix`.
std::string integerDigits(Integer value, const NumberStyle& style, std::string& prefix) {
  if (value == std::numeric_limits<Integer>::min()) fail("OverflowError", "the integer is too large to be formatted");
  const Integer magnitude = value < 0 ? -value : value;
  std::string digits;
  std::size_t by = 3;
  switch (style.type) {
    case 'b':
      digits = inBase(magnitude, 2, false), prefix = "0b", by = 4;
      break;
    case 'o':
      digits = inBase(magnitude, 8, false), prefix = "0o", by = 4;
      break;
    case 'x':
      digits = inBase(magnitude, 16, false), prefix = "0x", by = 4;
      break;
    case 'X':
      digits = inBase(magnitude, 16, true), prefix = "0X", by = 4;
      break;
    default:
      digits = inBase(magnitude, 10, false);
  }
  if (!style.alternate) prefix.clear();
  return style.grouping == 0 ? digits : grouped(digits, style.grouping, by);
}

/// Digits of a float without sign, by printf, which rounds as Python does.
std::string realDigits(double value, const NumberStyle& style) {
  const double magnitude = std::abs(value);
  const bool capital = style.type == 'F' || style.type == 'E' || style.type == 'G';
  if (std::isnan(magnitude)) return capital ? "NAN" : "nan";
  if (std::isinf(magnitude)) return capital ? "INF" : "inf";
  std::string text;
  if (style.type == 0 && style.precision < 0) {
    text = realText(magnitude);
  } else {
    const char type = style.type == 0 || style.type == 'n' ? 'g' : style.type == '%' ? 'f' : style.type;
    const int precision = style.precision < 0 ? 6 : style.type == 0 && style.precision == 0 ? 1 : style.precision;
    const std::string pattern = std::string("%") + (style.alternate ? "#" : "") + ".*" + type;
    const double shown = style.type == '%' ? magnitude * 100 : magnitude;
    std::vector<char> buffer(static_cast<std::size_t>(precision) + 350);
    std::snprintf(buffer.data(), buffer.size(), pattern.c_str(), precision, shown);  // NOLINT(cert-*)
    text = buffer.data();
    // Without a type the number is written like str(): an exponent only where the precision does not reach.
    if (style.type == 0) {
      if (text.find('e') == std::string::npos && text.find('.') == std::string::npos) {
        const bool fits = text.size() < static_cast<std::size_t>(precision);
        if (fits || text.size() == static_cast<std::size_t>(precision)) text += fits ? ".0" : "";
        if (!fits) {
          std::snprintf(buffer.data(), buffer.size(), "%.*e", precision - 1, shown);
          text = buffer.data();
        }
      }
    }
    if (style.type == '%') text += '%';
  }
  if (style.grouping != 0) {
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    text = grouped(text.substr(0, end), style.grouping, 3) + text.substr(end);
  }
  return text;
}

struct Specification {
  std::string fill = " ";
  char align = 0;  ///< < > ^ =, 0: the type's own
  char sign = 0;   ///< + - or a blank, 0: not asked for
  bool zeros = false;
  std::size_t width = 0;
  NumberStyle number;
  bool typed = false;
};

bool isAlign(char c) {
  return c == '<' || c == '>' || c == '^' || c == '=';
}

Specification parseSpecification(std::string_view text) {
  Specification spec;
  spec.number.type = 0;
  std::size_t at = 0;
  const std::size_t first = text.empty() ? 0 : characterFrom(text, 1);
  if (first < text.size() && isAlign(text[first])) {
    spec.fill = text.substr(0, first);
    spec.align = text[first];
    at = first + 1;
  } else if (!text.empty() && isAlign(text[0])) {
    spec.align = text[0];
    at = 1;
  }
  const auto take = [&](std::string_view any) {
    if (at >= text.size() || any.find(text[at]) == std::string_view::npos) return '\0';
    return text[at++];
  };
  if (const char sign = take("+- ")) spec.sign = sign;
  take("z");
  spec.number.alternate = take("#") != 0;
  if (take("0") != 0) {
    spec.zeros = true;
    if (spec.align == 0) {
      spec.fill = "0";
      spec.align = '=';
    }
  }
  spec.width = readWidth(text, at, "Too many decimal digits in format string");
  spec.number.grouping = take(",_");
  if (take(".") != 0) {
    if (at >= text.size() || text[at] < '0' || text[at] > '9') valueError("Format specifier missing precision");
    spec.number.precision = static_cast<int>(readWidth(text, at, "precision too big"));
  }
  if (at < text.size()) {
    spec.number.type = text[at++];
    spec.typed = true;
  }
  if (at < text.size()) valueError("Invalid format specifier");
  return spec;
}

std::string padded(Runtime& runtime, const Specification& spec, char ownAlign, const std::string& sign,
                   const std::string& body) {
  const auto length = countCodePoints(sign) + countCodePoints(body);
  const auto missing = spec.width > length ? spec.width - length : 0;
  runtime.meter.bytes(missing * spec.fill.size() + body.size());
  const char align = spec.align == 0 ? ownAlign : spec.align;
  const std::size_t before = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
  std::string out;
  if (align == '=') out += sign;
  for (std::size_t i = 0; i < before; ++i) out += spec.fill;
  if (align != '=') out += sign;
  out += body;
  for (std::size_t i = before; i < missing; ++i) out += spec.fill;
  return out;
}

[[noreturn]] void unknownCode(char type, const Value& value) {
  valueError("Unknown format code " + pythonQuoted(std::string(1, type)) + " for object of type " +
             pythonQuoted(typeName(value)));
}

std::string signOf(bool negative, char style) {
  return negative ? "-" : style == '+' ? "+" : style == ' ' ? " " : "";
}

/// With zeros in front the separators go on into them: f"{12:08,}" is 0,000,012.
std::string zeroGrouped(const std::string& digits, const Specification& spec, std::size_t taken, std::size_t by) {
  std::string plain;
  for (const char c : digits) {
    if (c != spec.number.grouping) plain += c;
  }
  std::string out = digits;
  while (out.size() + taken < spec.width) {
    plain.insert(plain.begin(), '0');
    out = grouped(plain, spec.number.grouping, by);
  }
  return out;
}

/// Separators between digits go with some types alone; `own` is the one of a value for which none is asked.
void checkGrouping(const NumberStyle& number, char own) {
  const char type = number.type == 0 ? own : number.type;
  constexpr std::string_view kEither = "defgEG%F", kUnderlines = "boxX";
  if (number.grouping == 0 || type == 0 || kEither.find(type) != std::string_view::npos) return;
  if (number.grouping == '_' && kUnderlines.find(type) != std::string_view::npos) return;
  valueError("Cannot specify " + pythonQuoted(std::string(1, number.grouping)) + " with " +
             pythonQuoted(std::string(1, type)) + ".");
}

std::string formattedNumber(Runtime& runtime, const Value& value, Specification spec) {
  const auto integer = value.asInteger();
  checkGrouping(spec.number, integer ? 'd' : '\0');
  const char type = spec.number.type;
  constexpr std::string_view kIntegerTypes = "bcdoxXn";
  constexpr std::string_view kRealTypes = "eEfFgG%n";
  const bool asReal = !integer || (type != 0 && kRealTypes.find(type) != std::string_view::npos && type != 'n');
  if (type != 0 && (asReal ? kRealTypes : kIntegerTypes).find(type) == std::string_view::npos) unknownCode(type, value);
  if (asReal) {
    const double real = value.toDouble();
    auto digits = realDigits(real, spec.number);
    const auto sign = signOf(std::signbit(real), spec.sign);
    return padded(runtime, spec, '>', sign, digits);
  }
  if (spec.number.precision >= 0) valueError("Precision not allowed in integer format specifier");
  if (type == 'c') {
    if (*integer < 0 || *integer > 0x10FFFF) fail("OverflowError", "%c arg not in range(0x110000)");
    return padded(runtime, spec, '<', "", toUtf8(std::u32string(1, static_cast<char32_t>(*integer))));
  }
  std::string prefix;
  auto digits = integerDigits(*integer, spec.number, prefix);
  const auto sign = signOf(*integer < 0, spec.sign) + prefix;
  if (spec.number.grouping != 0 && spec.fill == "0" && spec.align == '=') {
    digits = zeroGrouped(digits, spec, sign.size(), type == 0 || type == 'd' || type == 'n' ? 3 : 4);
  }
  return padded(runtime, spec, '>', sign, digits);
}

std::string formattedText(Runtime& runtime, const Value& value, const std::string& text, const Specification& spec) {
  checkGrouping(spec.number, 's');
  if (spec.number.type != 0 && spec.number.type != 's') unknownCode(spec.number.type, value);
  if (spec.sign == '+' || spec.sign == '-') valueError("Sign not allowed in string format specifier");
  if (spec.sign == ' ') valueError("Space not allowed in string format specifier");
  if (spec.number.alternate) valueError("Alternate form (#) not allowed in string format specifier");
  if (spec.align == '=' && !spec.zeros) valueError("'=' alignment not allowed in string format specifier");
  auto cut = spec;
  if (cut.align == '=') cut.align = '<';
  if (spec.number.precision < 0) return padded(runtime, cut, '<', "", text);
  auto points = codePoints(text);
  points.resize(std::min(points.size(), static_cast<std::size_t>(spec.number.precision)));
  return padded(runtime, cut, '<', "", toUtf8(points));
}

// ---- % ----

/// The values that a format takes one after another, or by name.
class PercentValues {
 public:
  PercentValues(Runtime& runtime, const Value& values) : runtime_(runtime), values_(values) {
    tuple_ = values.as<Tuple>() != nullptr;
  }

  const Value& next() {
    if (tuple_) {
      const auto& items = values_.asItems()->values;
      if (at_ >= items.size()) typeError("not enough arguments for format string");
      return items[at_++];
    }
    if (at_++ > 0) typeError("not enough arguments for format string");
    return values_;
  }
  const Value& named(std::string_view key) {
    const auto* dict = values_.asDict();
    if (dict == nullptr) typeError("format requires a mapping");
    const auto* value = dict->find(key);
    if (value == nullptr) fail("KeyError", pythonQuoted(key));
    named_ = true;
    return *value;
  }
  void finish() const {
    const auto& items = tuple_ ? values_.asItems()->values.size() : 1;
    // What could be a mapping may be left unused.
    const bool mapping = !tuple_ && values_.asText() == nullptr && !values_.isNone() && !values_.isNumber();
    if (at_ < items && !named_ && !mapping) typeError("not all arguments converted during string formatting");
  }
  [[nodiscard]] Runtime& runtime() const { return runtime_; }

 private:
  Runtime& runtime_;
  const Value& values_;
  bool tuple_ = false, named_ = false;
  std::size_t at_ = 0;
};

Integer percentInteger(char type, const Value& value) {
  if (const auto integer = value.asInteger()) return *integer;
  if (const auto* real = value.as<double>(); real != nullptr && (type == 'd' || type == 'i' || type == 'u')) {
    return truncated(*real);
  }
  if (const auto* missing = value.as<Value::Undefined>(); missing != nullptr && type == 'd') (*missing)->raise();
  const bool whole = type == 'o' || type == 'x' || type == 'X';
  typeError(std::string("%") + type + " format: " + (whole ? "an integer" : "a real number") + " is required, not " +
            typeName(value));
}

int starred(PercentValues& values) {
  const auto width = values.next().asInteger();
  if (!width) typeError("* wants int");
  if (*width > static_cast<Integer>(kWidest) || *width < -static_cast<Integer>(kWidest)) valueError("width too big");
  return static_cast<int>(*width);
}

std::string onePercent(std::string_view format, std::size_t& at, PercentValues& values, bool escape) {
  auto& runtime = values.runtime();
  const Value* value = nullptr;
  if (at < format.size() && format[at] == '(') {
    int open = 1;
    const auto begin = ++at;
    for (; at < format.size() && open > 0; ++at) open += format[at] == '(' ? 1 : format[at] == ')' ? -1 : 0;
    if (open > 0) valueError("incomplete format key");
    value = &values.named(format.substr(begin, at - 1 - begin));
  }
  Specification spec;
  bool left = false;
  for (; at < format.size() && std::string_view("-+ #0").find(format[at]) != std::string_view::npos; ++at) {
    switch (format[at]) {
      case '-':
        left = true;
        break;
      case '+':
        spec.sign = '+';
        break;
      case ' ':
        spec.sign = spec.sign == '+' ? '+' : ' ';
        break;
      case '#':
        spec.number.alternate = true;
        break;
      default:
        spec.zeros = true;
    }
  }
  if (at < format.size() && format[at] == '*') {
    ++at;
    const int width = starred(values);
    left = left || width < 0;
    spec.width = static_cast<std::size_t>(std::abs(width));
  } else {
    spec.width = readWidth(format, at, "width too big");
  }
  if (at < format.size() && format[at] == '.') {
    ++at;
    if (at < format.size() && format[at] == '*') {
      ++at;
      spec.number.precision = std::max(0, starred(values));
    } else {
      spec.number.precision = static_cast<int>(readWidth(format, at, "precision too big"));
    }
  }
  while (at < format.size() && (format[at] == 'h' || format[at] == 'l' || format[at] == 'L')) ++at;
  if (at >= format.size()) valueError("incomplete format");
  const char type = format[at++];
  if (type == '%') return "%";
  if (value == nullptr) value = &values.next();
  spec.align = left ? '<' : '>';
  const auto numeric = [&](bool finite) {
    if (spec.zeros && !left && finite) {
      spec.fill = "0";
      spec.align = '=';
    }
  };
  switch (type) {
    case 's':
    case 'r':
    case 'a': {
      auto text =
          type == 's' ? (escape ? escaped(runtime, *value) : shown(runtime, *value)) : represented(runtime, *value);
      if (type == 'a') text = asciiEscaped(text);
      if (spec.number.precision >= 0) {
        auto points = codePoints(text);
        points.resize(std::min(points.size(), static_cast<std::size_t>(spec.number.precision)));
        text = toUtf8(points);
      }
      return padded(runtime, spec, '>', "", text);
    }
    case 'c': {
      if (const auto* text = value->asText(); text != nullptr && text->points == 1) {
        return padded(runtime, spec, '>', "", text->utf8);
      }
      const auto code = value->asInteger();
      if (!code) typeError("%c requires int or char");
      if (*code < 0 || *code > 0x10FFFF) fail("OverflowError", "%c arg not in range(0x110000)");
      return padded(runtime, spec, '>', "", toUtf8(std::u32string(1, static_cast<char32_t>(*code))));
    }
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X': {
      const auto integer = percentInteger(type, *value);
      numeric(true);
      spec.number.type = type == 'i' || type == 'u' ? 'd' : type;
      std::string prefix;
      auto digits = integerDigits(integer, spec.number, prefix);
      const auto wanted = static_cast<std::size_t>(std::max(0, spec.number.precision));
      if (digits.size() < wanted) digits.insert(0, wanted - digits.size(), '0');
      return padded(runtime, spec, '>', signOf(integer < 0, spec.sign) + prefix, digits);
    }
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G': {
      if (const auto* missing = value->as<Value::Undefined>()) (*missing)->raise();
      if (!value->isNumber()) typeError("must be real number, not " + typeName(*value));
      const double real = value->toDouble();
      numeric(std::isfinite(real));
      spec.number.type = type;
      return padded(runtime, spec, '>', signOf(std::signbit(real), spec.sign), realDigits(real, spec.number));
    }
    default:
      break;
  }
  char code[16];
  std::snprintf(code, sizeof code, "0x%x", static_cast<unsigned>(static_cast<unsigned char>(type)));
  valueError("unsupported format character " + pythonQuoted(std::string(1, type)) + " (" + code + ") at index " +
             std::to_string(at - 1));
}

// ---- {} ----

/// One str.format call: counts {} fields, which cannot be mixed with {0}.
class Braces {
 public:
  Braces(Runtime& runtime, const Arguments& arguments, const Value* mapping, bool escape)
      : runtime_(runtime), arguments_(arguments), mapping_(mapping), escape_(escape) {}

  std::string write(std::string_view text, int depth) {
    if (depth < 0) valueError("Max string recursion exceeded");
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
      if (text[i] == '{' || text[i] == '}') {
        if (i + 1 < text.size() && text[i + 1] == text[i]) {
          out += text[i];
          i += 2;
          continue;
        }
        if (text[i] == '}') valueError("Single '}' encountered in format string");
        out += field(text, ++i, depth);
      } else {
        out += text[i++];
      }
    }
    return out;
  }

 private:
  std::string field(std::string_view text, std::size_t& at, int depth) {
    const auto begin = at;
    if (at >= text.size()) valueError("Single '{' encountered in format string");
    int brackets = 0;
    while (at < text.size() && (brackets > 0 || (text[at] != ':' && text[at] != '!' && text[at] != '}'))) {
      if (text[at] == '[') brackets = 1;
      if (text[at] == ']') brackets = 0;
      if (text[at] == '{') valueError("unexpected '{' in field name");
      ++at;
    }
    const auto name = text.substr(begin, at - begin);
    char conversion = 0;
    if (at < text.size() && text[at] == '!') {
      if (at + 1 >= text.size()) valueError("unmatched '{' in format spec");
      conversion = text[at + 1];
      at += 2;
      if (at < text.size() && text[at] != ':' && text[at] != '}') valueError("expected ':' after conversion specifier");
    }
    std::string_view inner;
    if (at < text.size() && text[at] == ':') {
      const auto start = ++at;
      for (int open = 1; at < text.size(); ++at) {
        if (text[at] == '{') ++open;
        if (text[at] == '}' && --open == 0) break;
      }
      inner = text.substr(start, at - start);
    }
    if (at >= text.size()) valueError("expected '}' before end of string");
    ++at;
    auto value = lookUp(name);
    if (conversion == 'r' || conversion == 'a') {
      const auto quoted = represented(runtime_, value);
      value = makeText(runtime_.meter, conversion == 'a' ? asciiEscaped(quoted) : quoted);
    } else if (conversion == 's') {
      value = makeText(runtime_.meter, shown(runtime_, value));
    } else if (conversion != 0) {
      valueError("Unknown conversion specifier " + std::string(1, conversion));
    }
    const auto specification = inner.find('{') == std::string_view::npos ? std::string(inner) : write(inner, depth - 1);
    if (escape_ && specification.empty()) return escaped(runtime_, value);
    auto piece = formatted(runtime_, value, specification);
    return escape_ ? escapedText(piece) : piece;
  }

  Value lookUp(std::string_view name) {
    const auto end = std::min(name.find_first_of(".["), name.size());
    auto value = first(name.substr(0, end));
    for (std::size_t at = end; at < name.size();) {
      if (name[at] == '.') {
        const auto stop = std::min(name.find_first_of(".[", at + 1), name.size());
        if (stop == at + 1) valueError("Empty attribute in format string");
        value = attributeOf(runtime_, value, name.substr(at + 1, stop - at - 1));
        at = stop;
      } else if (name[at] == '[') {
        const auto stop = name.find(']', at);
        if (stop == std::string_view::npos) valueError("Missing ']' in format string");
        const auto key = name.substr(at + 1, stop - at - 1);
        if (key.empty()) valueError("Empty attribute in format string");
        const bool number = key.find_first_not_of("0123456789") == std::string_view::npos && key.size() < 18;
        value = itemOf(runtime_, value,
                       number ? Value::integer(std::stoll(std::string(key))) : Value::text(std::string(key)));
        at = stop + 1;
      } else {
        valueError("Only '.' or '[' may follow ']' in format field specifier");
      }
    }
    return value;
  }

  Value first(std::string_view name) {
    const bool number = name.find_first_not_of("0123456789") == std::string_view::npos;
    if (!number) {
      if (mapping_ != nullptr) {
        const auto* dict = mapping_->asDict();
        const auto* found = dict == nullptr ? nullptr : dict->find(name);
        if (found == nullptr) fail("KeyError", pythonQuoted(name));
        return *found;
      }
      for (const auto& [key, value] : arguments_.named) {
        if (key == name) return value;
      }
      fail("KeyError", pythonQuoted(name));
    }
    std::size_t index = 0;
    if (name.empty()) {
      if (numbered_ == 2) valueError("cannot switch from manual field specification to automatic field numbering");
      numbered_ = 1;
      index = next_++;
    } else {
      if (numbered_ == 1) valueError("cannot switch from manual field specification to automatic field numbering");
      numbered_ = 2;
      if (name.size() > 9) valueError("Too many decimal digits in format string");
      index = static_cast<std::size_t>(std::stoul(std::string(name)));
    }
    if (index >= arguments_.positional.size()) {
      fail("IndexError", "Replacement index " + std::to_string(index) + " out of range for positional args tuple");
    }
    return arguments_.positional[index];
  }

  Runtime& runtime_;
  const Arguments& arguments_;
  const Value* mapping_;
  bool escape_;
  int numbered_ = 0;  ///< 1: {}, 2: {0}
  std::size_t next_ = 0;
};

}  // namespace

Value percentFormatted(Runtime& runtime, const Value& format, const Value& values) {
  const auto& text = *format.asText();
  PercentValues arguments(runtime, values);
  std::string out;
  const std::string_view pattern = text.utf8;
  for (std::size_t i = 0; i < pattern.size();) {
    if (pattern[i] != '%') {
      out += pattern[i++];
      continue;
    }
    out += onePercent(pattern, ++i, arguments, text.markup);
  }
  arguments.finish();
  return makeText(runtime.meter, std::move(out), text.markup);
}

std::string formatted(Runtime& runtime, const Value& value, std::string_view specification) {
  if (specification.empty()) return shown(runtime, value);
  if (const auto* text = value.asText()) {
    return formattedText(runtime, value, text->utf8, parseSpecification(specification));
  }
  if (value.isNumber()) {
    const auto spec = parseSpecification(specification);
    return formattedNumber(runtime, value, spec);
  }
  typeError("unsupported format string passed to " + typeName(value) + ".__format__");
}

Value braceFormatted(Runtime& runtime, const Text& text, const Arguments& arguments, const Value* mapping) {
  Braces braces(runtime, arguments, mapping, text.markup);
  return makeText(runtime.meter, braces.write(text.utf8, 2), text.markup);
}

}  // namespace rosa::text::jinja
