// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/value_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "base/text.h"
#include "data/parquet/bits.h"
#include "data/parquet/calendar.h"

namespace rosa::data::parquet {
namespace {

using base::Json;

std::int64_t wholeNumber(const Node& leaf, std::string_view value) {
  return leaf.type == Physical::Int32 ? readLittleEndian<std::int32_t>(value) : readLittleEndian<std::int64_t>(value);
}

/// A number of `bits` bits, which its column may store in more of them.
Json narrowed(std::int64_t value, const Meaning& meaning) {
  const auto unused = static_cast<unsigned>(64 - meaning.bits);
  const std::uint64_t high = static_cast<std::uint64_t>(value) << unused;
  if (meaning.isSigned) return static_cast<std::int64_t>(high) >> unused;
  return high >> unused;
}

/// IEEE 754 binary16.
double halfToDouble(std::uint16_t half) {
  const int exponent = (half >> 10U) & 31U;
  const int fraction = half & 1023U;
  const double sign = (half & 0x8000U) != 0 ? -1.0 : 1.0;
  if (exponent == 31) return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::nan("");
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(fraction + 1024, exponent - 25);
}

/// Divides a number, its highest byte first, by 10 and returns the rest.
unsigned divideByTen(std::string& bytes) {
  unsigned rest = 0;
  for (char& byte : bytes) {
    const unsigned part = rest * 256 + static_cast<std::uint8_t>(byte);
    byte = static_cast<char>(part / 10);
    rest = part % 10;
  }
  return rest;
}

/// Two's complement, the highest byte first, with a decimal point `scale` digits from the end.
Expected<Json> decimal(std::string bytes, int scale) {
  constexpr std::size_t kLongest = 64;
  if (bytes.size() > kLongest) return Error{fmt::format("it has a decimal number of {} bytes", bytes.size())};
  const bool negative = !bytes.empty() && (static_cast<std::uint8_t>(bytes.front()) & 0x80U) != 0;
  if (negative) {
    unsigned carry = 1;
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
      const unsigned flipped = (static_cast<std::uint8_t>(*byte) ^ 0xFFU) + carry;
      *byte = static_cast<char>(flipped & 0xFFU);
      carry = flipped >> 8U;
    }
  }
  std::string digits;  // the last one first
  while (std::ranges::any_of(bytes, [](char byte) { return byte != 0; }) || std::ssize(digits) <= scale) {
    if (scale > 0 && std::ssize(digits) == scale) digits += '.';
    digits += static_cast<char>('0' + divideByTen(bytes));
  }
  if (negative) digits += '-';
  return Json(std::string(digits.rbegin(), digits.rend()));
}

std::string bigEndian(std::int64_t value) {
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  std::ranges::reverse(bytes);
  return bytes;
}

Expected<Json> text(std::string_view value) {
  if (!base::isUtf8(value)) return Error{"it holds text that is not valid UTF-8"};
  return Json(std::string(value));
}

Json uuid(std::string_view value) {
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", static_cast<std::uint8_t>(value[i]));
  }
  return text;
}

/// Nanoseconds of the day, then the Julian day.
Json legacyTimestamp(std::string_view value) {
  constexpr std::int64_t kJulianDayOf1970 = 2'440'588;
  constexpr std::int64_t kNanosecondsOfDay = kSecondsOfDay * 1'000'000'000;
  const auto nanoseconds = readLittleEndian<std::int64_t>(value);
  const std::int64_t day =
      std::int64_t{readLittleEndian<std::uint32_t>(value.substr(sizeof(nanoseconds)))} - kJulianDayOf1970;
  const std::int64_t rest = floorModulo(nanoseconds, kNanosecondsOfDay);
  return isoDate(day + floorDivide(nanoseconds, kNanosecondsOfDay)) + "T" +
         isoTime(rest / 1'000'000'000, rest % 1'000'000'000);
}

Json timestamp(std::int64_t value, const Meaning& meaning) {
  const std::int64_t seconds = floorDivide(value, meaning.perSecond);
  const std::int64_t fraction = floorModulo(value, meaning.perSecond);
  return isoDate(floorDivide(seconds, kSecondsOfDay)) + "T" +
         isoTime(floorModulo(seconds, kSecondsOfDay), fraction * (1'000'000'000 / meaning.perSecond)) +
         (meaning.utc ? "+00:00" : "");
}

Expected<Json> timeOfDay(std::int64_t value, const Meaning& meaning) {
  if (value < 0 || value / meaning.perSecond >= kSecondsOfDay) return Error{"it holds a time that is in no day"};
  return Json(isoTime(value / meaning.perSecond, value % meaning.perSecond * (1'000'000'000 / meaning.perSecond)));
}

Json plain(const Node& leaf, std::string_view value) {
  switch (leaf.type) {
    case Physical::Boolean:
      return value.front() != 0;
    case Physical::Int32:
    case Physical::Int64:
      return wholeNumber(leaf, value);
    case Physical::Int96:
      return legacyTimestamp(value);
    case Physical::Float:
      return static_cast<double>(readLittleEndian<float>(value));
    case Physical::Double:
      return readLittleEndian<double>(value);
    case Physical::ByteArray:
    case Physical::FixedBytes:
      break;
  }
  return Json::binary(std::vector<std::uint8_t>(value.begin(), value.end()));
}

}  // namespace

Expected<Json> toJson(const Node& leaf, std::string_view value) {
  const Meaning& meaning = leaf.meaning;
  const bool bytes = leaf.type == Physical::ByteArray || leaf.type == Physical::FixedBytes;
  switch (meaning.kind) {
    case Meaning::Kind::Text:
      return text(value);
    case Meaning::Kind::Decimal:
      return decimal(bytes ? std::string(value) : bigEndian(wholeNumber(leaf, value)), meaning.scale);
    case Meaning::Kind::Date:
      return Json(isoDate(readLittleEndian<std::int32_t>(value)));
    case Meaning::Kind::Time:
      return timeOfDay(wholeNumber(leaf, value), meaning);
    case Meaning::Kind::Timestamp:
      return timestamp(wholeNumber(leaf, value), meaning);
    case Meaning::Kind::Integer:
      return narrowed(wholeNumber(leaf, value), meaning);
    case Meaning::Kind::Uuid:
      return uuid(value);
    case Meaning::Kind::Float16:
      return Json(halfToDouble(readLittleEndian<std::uint16_t>(value)));
    case Meaning::Kind::Plain:
    case Meaning::Kind::Null:
    case Meaning::Kind::List:
    case Meaning::Kind::Map:
      break;
  }
  return plain(leaf, value);
}

}  // namespace rosa::data::parquet
