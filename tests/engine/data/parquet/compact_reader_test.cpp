// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/compact_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/data/temporary_folder.h"
#include "small_parquet.h"

namespace rosa::data::parquet {
namespace {

using Field = CompactReader::Field;
using namespace std::string_literals;

TEST(CompactReader, ReadsNumbersTextsListsAndStructs) {
  const std::string inner = CompactWriter().integer(1, -5, 4).end();
  const std::string bytes = CompactWriter().integer(1, -70'000).text(3, "abc").structs(15, {inner, inner}).end();
  std::int64_t number = 0;
  std::string text;
  std::vector<std::int64_t> listed;
  CompactReader reader(bytes);
  const Status status = reader.structure([&](Field field) -> Status {
    if (field.id == 1) {
      ROSA_TRY(number, reader.integer(field));
      return {};
    }
    if (field.id == 3) {
      ROSA_TRY(text, reader.binary(field));
      return {};
    }
    EXPECT_EQ(field.id, 15);
    return reader.list(field, [&](Field element) {
      return reader.structure(element, [&](Field part) -> Status {
        ROSA_TRY(listed.emplace_back(), reader.integer(part));
        return {};
      });
    });
  });
  EXPECT_EQ(messageOf(status), "");
  EXPECT_EQ(number, -70'000);
  EXPECT_EQ(text, "abc");
  EXPECT_EQ(listed, (std::vector<std::int64_t>{-5, -5}));
  EXPECT_EQ(reader.position(), bytes.size());
}

/// One field of each type, the first with its number in the long form (zigzag of 20).
TEST(CompactReader, PassesOverEveryType) {
  const std::string bytes =
      "\x01\x28"s  // true
      "\x12"s      // false
      "\x13\x7F"s  // byte
      "\x14\x02"
      "\x15\xAC\x02"
      "\x16\x01"s  // 16, 32, 64 bits
      "\x17"
      "12345678"s  // double
      "\x18\x02"
      "ab"s                    // text
      "\x19\x31\x01\x02\x01"s  // three truth values
      "\x1A\x25\x02\x04"s      // a set
      "\x1B\x01\x85\x01"
      "k\x06"s             // one text to a 32-bit number
      "\x1B\x00"s          // an empty map
      "\x1C\x15\x02\x00"s  // a struct
      "\x1D"
      "0123456789abcdef"s  // a UUID
      "\x00"s;
  CompactReader reader(bytes);
  int fields = 0;
  const Status status = reader.structure([&](Field field) {
    ++fields;
    return reader.skip(field);
  });
  EXPECT_EQ(messageOf(status), "");
  EXPECT_EQ(fields, 14);
  EXPECT_EQ(reader.position(), bytes.size());
}

std::string faultOf(const std::string& bytes, bool* ranOut = nullptr) {
  CompactReader reader(bytes);
  const Status status = reader.structure([&](Field field) { return reader.skip(field); });
  if (ranOut != nullptr) *ranOut = reader.ranOut();
  return messageOf(status);
}

TEST(CompactReader, TellsBytesThatEndEarlyFromWrongOnes) {
  bool ranOut = false;
  EXPECT_EQ(faultOf("\x16\x80"s, &ranOut), "its metadata ends early");
  EXPECT_TRUE(ranOut);
  EXPECT_EQ(faultOf("\x18\x05"
                    "ab"s,
                    &ranOut),
            "its metadata ends early");
  EXPECT_TRUE(ranOut);
  EXPECT_EQ(faultOf("\x1E\x00"s, &ranOut), "its metadata has a field of the unknown type 14");
  EXPECT_FALSE(ranOut);
  EXPECT_EQ(faultOf("\x16\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"s),
            "its metadata has a number of more than 64 bits");
}

TEST(CompactReader, RefusesSizesAndDepthsThatNoFileHas) {
  EXPECT_EQ(faultOf("\x19\xF5\xFF\xFF\xFF\xFF\x0F"s), "its metadata ends early");
  EXPECT_EQ(faultOf("\x1B\xFF\xFF\xFF\xFF\x0F\x55"s), "its metadata ends early");
  EXPECT_TRUE(contains(faultOf(std::string(100'000, '\x1C')), "nests more than"));
  EXPECT_TRUE(contains(faultOf("\x19"s + std::string(100'000, '\x19')), "nests more than"));
}

TEST(CompactReader, RefusesAValueOfAnotherType) {
  const std::string bytes = CompactWriter().text(4, "abc").end();
  CompactReader reader(bytes);
  const Status status = reader.structure([&](Field field) -> Status {
    ROSA_TRY([[maybe_unused]] const std::int64_t number, reader.integer(field));
    return {};
  });
  EXPECT_EQ(messageOf(status), "its metadata has a field 4 of the wrong type");
}

}  // namespace
}  // namespace rosa::data::parquet
