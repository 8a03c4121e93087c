// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/value_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "data/parquet/calendar.h"
#include "engine/data/temporary_folder.h"

namespace rosa::data::parquet {
namespace {

using base::Json;
using Kind = Meaning::Kind;
using namespace std::string_literals;

template <typename T>
std::string bytesOf(T value) {
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

Node leafOf(Physical type, Kind kind) {
  Node leaf;
  leaf.type = type;
  leaf.meaning.kind = kind;
  return leaf;
}

Json valueOf(const Node& leaf, const std::string& bytes) {
  const auto value = toJson(leaf, bytes);
  return value ? *value : Json(value.error().message);
}

TEST(ValueJson, IntegersHaveTheWidthThatTheyAreSaidToHave) {
  Node leaf = leafOf(Physical::Int32, Kind::Integer);
  leaf.meaning.bits = 8;
  EXPECT_EQ(valueOf(leaf, bytesOf<std::int32_t>(-5)), -5);
  leaf.meaning.isSigned = false;
  EXPECT_EQ(valueOf(leaf, bytesOf<std::int32_t>(-1)), 255);
  leaf.meaning.bits = 32;
  EXPECT_EQ(valueOf(leaf, bytesOf<std::int32_t>(-1)), 4'294'967'295U);
  leaf.type = Physical::Int64;
  leaf.meaning.bits = 64;
  EXPECT_EQ(valueOf(leaf, bytesOf<std::int64_t>(-1)), std::numeric_limits<std::uint64_t>::max());
  leaf.meaning.isSigned = true;
  EXPECT_EQ(valueOf(leaf, bytesOf(std::numeric_limits<std::int64_t>::min())), std::numeric_limits<std::int64_t>::min());
}

TEST(ValueJson, DecimalsKeepAllDigits) {
  Node leaf = leafOf(Physical::Int32, Kind::Decimal);
  leaf.meaning.scale = 2;
  EXPECT_EQ(valueOf(leaf, bytesOf<std::int32_t>(-200)), "-2.00");
  EXPECT_EQ(valueOf(leaf, bytesOf<std::int32_t>(5)), "0.05");
  EXPECT_EQ(valueOf(leaf, bytesOf<std::int32_t>(0)), "0.00");
  leaf.meaning.scale = 0;
  EXPECT_EQ(valueOf(leaf, bytesOf<std::int32_t>(120)), "120");
  leaf.type = Physical::ByteArray;
  EXPECT_EQ(valueOf(leaf, "\x80" + std::string(15, '\0')), "-170141183460469231731687303715884105728");
  EXPECT_EQ(valueOf(leaf, ""), "0");
  EXPECT_TRUE(contains(valueOf(leaf, std::string(65, '\1')).get<std::string>(), "65 bytes"));
}

TEST(ValueJson, HalfPrecisionHasSmallestNumbersAndInfinities) {
  const Node leaf = leafOf(Physical::FixedBytes, Kind::Float16);
  EXPECT_EQ(valueOf(leaf, "\x00\x3C"s), 1.0);
  EXPECT_EQ(valueOf(leaf, "\x00\xC0"s), -2.0);
  EXPECT_EQ(valueOf(leaf, "\x01\x00"s), std::ldexp(1.0, -24));
  EXPECT_EQ(valueOf(leaf, "\xFF\x7B"s), 65504.0);
  EXPECT_EQ(valueOf(leaf, "\x00\xFC"s), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(valueOf(leaf, "\x00\x7E"s).get<double>()));
}

TEST(ValueJson, TimesAreWrittenAsPythonWritesThem) {
  Node leaf = leafOf(Physical::Int64, Kind::Timestamp);
  EXPECT_EQ(valueOf(leaf, bytesOf<std::int64_t>(-1)), "1969-12-31T23:59:59.999000+00:00");
  leaf.meaning.utc = false;
  leaf.meaning.perSecond = 1'000'000'000;
  EXPECT_EQ(valueOf(leaf, bytesOf<std::int64_t>(1)), "1970-01-01T00:00:00.000000001");
  EXPECT_EQ(valueOf(leaf, bytesOf(std::numeric_limits<std::int64_t>::min())), "1677-09-21T00:12:43.145224192");
  leaf.meaning.perSecond = 1'000;
  EXPECT_EQ(valueOf(leaf, bytesOf(std::numeric_limits<std::int64_t>::max())), "+292278994-08-17T07:12:55.807000");

  leaf = leafOf(Physical::Int32, Kind::Time);
  EXPECT_EQ(valueOf(leaf, bytesOf<std::int32_t>(86'399'999)), "23:59:59.999000");
  EXPECT_TRUE(contains(valueOf(leaf, bytesOf<std::int32_t>(86'400'000)).get<std::string>(), "in no day"));
  EXPECT_TRUE(contains(valueOf(leaf, bytesOf<std::int32_t>(-1)).get<std::string>(), "in no day"));

  leaf = leafOf(Physical::Int96, Kind::Plain);
  EXPECT_EQ(valueOf(leaf, bytesOf<std::int64_t>(1'000) + bytesOf<std::int32_t>(2'440'588)),
            "1970-01-01T00:00:00.000001");
  EXPECT_EQ(valueOf(leaf, bytesOf<std::int64_t>(-1'000) + bytesOf<std::int32_t>(2'440'588)),
            "1969-12-31T23:59:59.999999");
}

TEST(ValueJson, TextMustBeText) {
  const Node leaf = leafOf(Physical::ByteArray, Kind::Text);
  EXPECT_EQ(valueOf(leaf, "caf\xC3\xA9\0"s), "caf\xC3\xA9\0"s);
  EXPECT_TRUE(contains(valueOf(leaf, "\xC3"s).get<std::string>(), "not valid UTF-8"));
  EXPECT_TRUE(valueOf(leafOf(Physical::ByteArray, Kind::Plain), "abc").is_binary());
}

TEST(ValueJson, WritesUuids) {
  EXPECT_EQ(valueOf(leafOf(Physical::FixedBytes, Kind::Uuid),
                    "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF"s),
            "00112233-4455-6677-8899-aabbccddeeff");
}

/// The number with as many digits as `bound` has noughts.
std::string padded(int number, int bound) {
  return std::to_string(bound + number).substr(1);
}

/// Every day of 800 years against a count that knows only how long months are.
TEST(Calendar, CountsEveryDay) {
  const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  std::int64_t day = -719'528;  // the first of January of the year 0
  for (int year = 0; year < 800; ++year) {
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    for (int month = 1; month <= 12; ++month) {
      const int length = lengths[month - 1] + (month == 2 && leap ? 1 : 0);
      for (int date = 1; date <= length; ++date, ++day) {
        ASSERT_EQ(isoDate(day), padded(year, 10'000) + "-" + padded(month, 100) + "-" + padded(date, 100));
      }
    }
  }
  EXPECT_EQ(isoDate(0), "1970-01-01");
  EXPECT_EQ(isoDate(-719'529), "-0001-12-31");
  EXPECT_EQ(isoDate(2'932'897), "+10000-01-01");
}

}  // namespace
}  // namespace rosa::data::parquet
