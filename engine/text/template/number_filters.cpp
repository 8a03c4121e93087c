// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <cstdio>
#include <string>
#include <unordered_map>

#include "text/template/failure.h"
#include "text/template/filters.h"
#include "text/template/number_text.h"
#include "text/template/operators.h"
#include "text/template/show.h"

/// The filters of numbers.
namespace rosa::text::jinja {
namespace {

Value absolute(Runtime& /*runtime*/, const Value& value, const Arguments& arguments) {
  const Bound bound("abs", arguments, {}, 0);
  if (const auto integer = value.asInteger()) return *integer < 0 ? negated(value) : Value::integer(*integer);
  if (const auto* real = value.as<double>()) return Value::real(std::abs(*real));
  typeError("bad operand type for abs(): " + pythonQuoted(typeName(value)));
}

/// float(value), nothing where Python raises a TypeError or ValueError.
std::optional<double> realOf(const Value& value) {
  if (const auto* missing = value.as<Value::Undefined>()) (*missing)->raise();
  if (value.isNumber()) return value.toDouble();
  if (const auto* text = value.asText()) return readReal(text->utf8);
  return std::nullopt;
}

Value toInteger(Runtime& /*runtime*/, const Value& value, const Arguments& arguments) {
  const Bound bound("do_int", arguments, {"default", "base"}, 0);
  const auto otherwise = bound.has(0) ? bound[0] : Value::integer(0);
  if (const auto integer = value.asInteger()) return Value::integer(*integer);
  if (const auto* real = value.as<double>(); real != nullptr && !std::isnan(*real))
    return Value::integer(truncated(*real));
  if (const auto* text = value.asText()) {
    const auto base = bound.has(1) ? bound[1].asInteger() : std::optional<Integer>(10);
    if (base && (*base == 0 || (*base >= 2 && *base <= 36))) {
      if (const auto integer = readInteger(text->utf8, static_cast<int>(*base))) return Value::integer(*integer);
    }
  }
  const auto real = realOf(value);
  if (!real || !std::isfinite(*real)) return otherwise;
  return Value::integer(truncated(*real));
}

Value toReal(Runtime& /*runtime*/, const Value& value, const Arguments& arguments) {
  const Bound bound("do_float", arguments, {"default"}, 0);
  if (const auto real = realOf(value)) return Value::real(*real);
  return bound.has(0) ? bound[0] : Value::real(0);
}

Value toRounded(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_round", arguments, {"precision", "method"}, 0);
  const auto precision = bound.has(0) ? bound[0] : Value::integer(0);
  const auto method = bound.has(1) ? shown(runtime, bound[1]) : "common";
  if (method != "common" && method != "ceil" && method != "floor") {
    fail("FilterArgumentError", "method must be common, ceil or floor");
  }
  if (method == "common") {
    if (value.isUndefined()) typeError("type Undefined doesn't define __round__ method");
    if (!value.isNumber()) typeError("type " + typeName(value) + " doesn't define __round__ method");
    if (precision.isNone()) return Value::integer(truncated(std::nearbyint(value.toDouble())));
    const auto digits = precision.asInteger();
    if (!digits) typeError(pythonQuoted(typeName(precision)) + " object cannot be interpreted as an integer");
    return rounded(value, *digits);
  }
  const auto unit = arithmetic(runtime, Arithmetic::Power, Value::integer(10), precision);
  const auto scaled = arithmetic(runtime, Arithmetic::Multiply, value, unit);
  if (!scaled.isNumber()) typeError("must be real number, not " + typeName(scaled));
  const double whole = method == "ceil" ? std::ceil(scaled.toDouble()) : std::floor(scaled.toDouble());
  return arithmetic(runtime, Arithmetic::Divide, Value::integer(truncated(whole)), unit);
}

Value fileSize(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("do_filesizeformat", arguments, {"binary"}, 0);
  const bool binary = bound.has(0) && bound[0].truth();
  const auto bytes = realOf(value);
  if (!bytes) {
    if (value.asText() != nullptr)
      valueError("could not convert string to float: " + pythonQuoted(value.asText()->utf8));
    typeError("float() argument must be a string or a real number, not " + pythonQuoted(typeName(value)));
  }
  const double base = binary ? 1024 : 1000;
  if (*bytes == 1) return makeText(runtime.meter, "1 Byte");
  if (*bytes < base) return makeText(runtime.meter, integerText(truncated(*bytes)) + " Bytes");
  const char prefixes[] = "kMGTPEZY";
  double unit = base * base;
  std::size_t power = 0;
  while (power + 1 < sizeof prefixes - 1 && *bytes >= unit) {
    unit *= base;
    ++power;
  }
  char text[400];
  std::snprintf(text, sizeof text, "%.1f ", base * *bytes / unit);
  std::string prefix(1, binary && power == 0 ? 'K' : prefixes[power]);
  return makeText(runtime.meter, text + prefix + (binary ? "iB" : "B"));
}

}  // namespace

Filter findNumberFilter(std::string_view name) {
  static const std::unordered_map<std::string_view, Filter> kFilters = {
      {"abs", absolute}, {"int", toInteger}, {"float", toReal}, {"round", toRounded}, {"filesizeformat", fileSize},
  };
  const auto found = kFilters.find(name);
  return found == kFilters.end() ? nullptr : found->second;
}

}  // namespace rosa::text::jinja
