// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/number_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "text/template/character.h"
#include "text/template/failure.h"
#include "text/unicode.h"

namespace rosa::text::jinja {
namespace {

/// White space cut off at both ends and digits of other scripts made ASCII, as int() and float() begin.
std::string plainDigits(std::string_view text) {
  auto points = codePoints(text);
  std::size_t begin = 0, end = points.size();
  while (begin < end && isSpace(points[begin])) ++begin;
  while (end > begin && isSpace(points[end - 1])) --end;
  std::string out;
  for (std::size_t i = begin; i < end; ++i) {
    const int digit = decimalValue(points[i]);
    appendUtf8(out, digit >= 0 ? static_cast<char32_t>('0' + digit) : points[i]);
  }
  return out;
}

int digitIn(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 99;
}

/// Takes the underscores out where each stands between two digits; false where one does not.
bool withoutUnderscores(std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
      continue;
    }
    const bool between = i > 0 && i + 1 < text.size() && digitIn(text[i - 1]) < 36 && digitIn(text[i + 1]) < 36;
    if (!between) return false;
  }
  text = std::move(out);
  return true;
}

int baseOfPrefix(std::string_view digits) {
  if (digits.size() < 2 || digits[0] != '0') return 0;
  switch (digits[1]) {
    case 'x':
    case 'X':
      return 16;
    case 'o':
    case 'O':
      return 8;
    case 'b':
    case 'B':
      return 2;
    default:
      return 0;
  }
}

}  // namespace

std::optional<Integer> readInteger(std::string_view text, int base) {
  auto digits = plainDigits(text);
  bool negative = false;
  if (!digits.empty() && (digits[0] == '+' || digits[0] == '-')) {
    negative = digits[0] == '-';
    digits.erase(0, 1);
  }
  const int prefix = baseOfPrefix(digits);
  if (prefix != 0 && (base == 0 || base == prefix)) {
    base = prefix;
    digits.erase(0, 2);
    if (!digits.empty() && digits[0] == '_') digits.erase(0, 1);
  } else if (base == 0) {
    // Zeros in front are C's octal numbers, which Python refuses here.
    if (digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of("0_") != std::string::npos)
      return std::nullopt;
    base = 10;
  }
  if (digits.empty() || !withoutUnderscores(digits)) return std::nullopt;
  Integer value = 0;
  bool over = false;
  for (const char c : digits) {
    const int digit = digitIn(c);
    if (digit >= base) return std::nullopt;
    over = over || __builtin_mul_overflow(value, Integer{base}, &value) ||
           __builtin_add_overflow(value, Integer{digit}, &value);
  }
  if (over) fail("OverflowError", "integers of more than 128 bits cannot be used here");
  return negative ? -value : value;
}

std::optional<double> readReal(std::string_view text) {
  auto digits = plainDigits(text);
  if (!withoutUnderscores(digits) || digits.empty()) return std::nullopt;
  std::string word;
  for (const char c : digits) word += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  const auto unsignedWord = word.substr(word[0] == '+' || word[0] == '-' ? 1 : 0);
  const bool named = unsignedWord == "inf" || unsignedWord == "infinity" || unsignedWord == "nan";
  // strtod knows hexadecimal numbers, float() does not.
  if (!named && word.find_first_not_of("0123456789+-.e") != std::string::npos) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(word.c_str(), &end);
  if (end != word.c_str() + word.size()) return std::nullopt;
  return value;
}

Integer truncated(double real) {
  if (std::isnan(real)) valueError("cannot convert float NaN to integer");
  if (std::isinf(real)) fail("OverflowError", "cannot convert float infinity to integer");
  if (std::abs(real) > 1.7e38) fail("OverflowError", "integers of more than 128 bits cannot be used here");
  return static_cast<Integer>(real);
}

Value rounded(const Value& value, Integer digits) {
  const auto places = static_cast<int>(std::clamp<Integer>(digits, -400, 400));
  if (const auto integer = value.asInteger()) {
    if (places >= 0) return Value::integer(*integer);
    if (places < -38) return Value::integer(0);
    Integer unit = 1;
    for (int i = 0; i < -places; ++i) unit *= 10;
    const Integer quotient = *integer / unit, rest = *integer % unit;
    const Integer twice = 2 * (rest < 0 ? -rest : rest);
    const bool away = twice > unit || (twice == unit && quotient % 2 != 0);
    return Value::integer((quotient + (away ? (*integer < 0 ? -1 : 1) : 0)) * unit);
  }
  const double real = *value.as<double>();
  if (!std::isfinite(real) || real == 0 || places > 330) return value;
  if (places < 0) {
    const double unit = std::pow(10.0, -places);
    if (std::isinf(unit)) return Value::real(std::copysign(0.0, real));
    return Value::real(std::nearbyint(real / unit) * unit);
  }
  // printf rounds the exact value, ties to even, as Python does.
  char buffer[768];
  std::snprintf(buffer, sizeof buffer, "%.*f", places, real);
  return Value::real(std::strtod(buffer, nullptr));
}

}  // namespace rosa::text::jinja
