// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/parquet/delta_decoder.h"
#include "data/parquet/hybrid_decoder.h"
#include "data/parquet/value_decoder.h"
#include "engine/data/temporary_folder.h"
#include "small_parquet.h"

// The examples with numbers are those of apache/parquet-format, Encodings.md.
namespace rosa::data::parquet {
namespace {

using namespace std::string_literals;

template <typename Decoder>
std::vector<std::int64_t> allOf(Decoder decoder, std::size_t most = 100) {
  std::vector<std::int64_t> numbers;
  for (auto number = decoder.next(); number && numbers.size() < most; number = decoder.next())
    numbers.push_back(*number);
  return numbers;
}

std::vector<std::string> textsOf(Encoding encoding, const Node& leaf, const std::string& page,
                                 const Dictionary* dictionary = nullptr) {
  const auto decoder = openValues(encoding, leaf, page, dictionary);
  if (!decoder) return {decoder.error().message};
  std::vector<std::string> texts;
  for (auto value = (*decoder)->next(); value; value = (*decoder)->next()) texts.emplace_back(*value);
  return texts;
}

Node byteArrays() {
  Node leaf;
  leaf.type = Physical::ByteArray;
  return leaf;
}
Node fixedBytes(int width) {
  Node leaf;
  leaf.type = Physical::FixedBytes;
  leaf.width = width;
  return leaf;
}

/// 0 to 4 as differences of 1: blocks of 128 numbers in 4 parts.
std::string countingUp(char count) {
  return "\x80\x01\x04"s + count + "\x00\x02\x00\x00\x00\x00"s;
}

TEST(HybridDecoder, ReadsRunsAndPackedGroups) {
  EXPECT_EQ(allOf(HybridDecoder("\x03\x88\xC6\xFA"s, 3)), (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(allOf(HybridDecoder("\x06\x05"s, 3)), (std::vector<std::int64_t>{5, 5, 5}));
  EXPECT_EQ(allOf(HybridDecoder("\x04\x34\x12\x03\xFF"s, 16)), (std::vector<std::int64_t>{0x1234, 0x1234}));
  EXPECT_EQ(allOf(HybridDecoder("\x02\x01\x00\x00\x02\x00"s, 1)), (std::vector<std::int64_t>{1, 0}))
      << "an empty run between";
}

TEST(HybridDecoder, ReadsWhatIsThereOfAGroupThatIsCutShort) {
  EXPECT_EQ(allOf(HybridDecoder("\x03\x88"s, 3)), (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(allOf(HybridDecoder("\x03"s, 3)), std::vector<std::int64_t>{});
  EXPECT_EQ(allOf(HybridDecoder("\x80"s, 3)), std::vector<std::int64_t>{});
  EXPECT_EQ(allOf(HybridDecoder("", 3)), std::vector<std::int64_t>{});
}

TEST(HybridDecoder, ClaimedLengthsCostNothing) {
  EXPECT_EQ(allOf(HybridDecoder("\xFE\xFF\xFF\xFF\x0F\x01"s, 1), 5), (std::vector<std::int64_t>{1, 1, 1, 1, 1}));
  EXPECT_EQ(allOf(HybridDecoder("\xFE\xFF\xFF\xFF\xFF\x0F\x01"s, 1)), std::vector<std::int64_t>{});
  EXPECT_EQ(allOf(HybridDecoder("\xFF\xFF\xFF\xFF\x0F"s, 32)), std::vector<std::int64_t>{});
}

TEST(PackedLevels, ReadsTheHighestBitFirst) {
  EXPECT_EQ(allOf(PackedLevels("\x05\x39\x77"s, 3)), (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(DeltaDecoder, AddsUpDifferences) {
  const std::string counting = "\x80\x01\x04\x05\x02\x02\x00\x00\x00\x00rest"s;
  const auto numbers = DeltaDecoder::open(counting);
  ASSERT_TRUE(numbers);
  EXPECT_EQ(numbers->size().value(), counting.size() - 4);
  EXPECT_EQ(allOf(*numbers), (std::vector<std::int64_t>{1, 2, 3, 4, 5}));

  const std::string mixed = "\x80\x01\x04\x08\x0E\x03\x02\x00\x00\x00\xC0\x3F\x00\x00\x00\x00\x00\x00"s;
  const auto others = DeltaDecoder::open(mixed);
  ASSERT_TRUE(others);
  EXPECT_EQ(others->size().value(), mixed.size());
  EXPECT_EQ(allOf(*others), (std::vector<std::int64_t>{7, 5, 3, 1, 2, 3, 4, 5}));
}

TEST(DeltaDecoder, WidthsOfPartsWithoutNumbersDoNotCount) {
  const std::string bytes = "\x80\x01\x04\x02\x02\x02\x00\xFF\xFF\xFF"s;
  const auto numbers = DeltaDecoder::open(bytes);
  ASSERT_TRUE(numbers);
  EXPECT_EQ(allOf(*numbers), (std::vector<std::int64_t>{1, 2}));
}

TEST(DeltaDecoder, RefusesImpossibleBlocks) {
  EXPECT_TRUE(contains(messageOf(DeltaDecoder::open("\x80\x01\x00\x05\x02"s)), "impossible size"));
  EXPECT_TRUE(contains(messageOf(DeltaDecoder::open("\x80\x01\x05\x05\x02"s)), "impossible size"));
  EXPECT_TRUE(contains(messageOf(DeltaDecoder::open("\x80\x01\x04"s)), "ends in its head"));
  const std::string bytes = "\x80\x01\x04\x7F\x02\x02\x20\x00\x00\x00"s;
  const auto cut = DeltaDecoder::open(bytes);
  ASSERT_TRUE(cut);
  EXPECT_TRUE(contains(messageOf(cut->size()), "ends early"));
  EXPECT_EQ(allOf(*cut), std::vector<std::int64_t>{1});
}

TEST(ValueDecoder, ReadsPlainValues) {
  EXPECT_EQ(textsOf(Encoding::Plain, byteArrays(), "\x02\0\0\0ab\0\0\0\0"s), (std::vector<std::string>{"ab", ""}));
  EXPECT_EQ(textsOf(Encoding::Plain, byteArrays(), "\x09\0\0\0ab"s), std::vector<std::string>{});
  EXPECT_EQ(textsOf(Encoding::Plain, fixedBytes(3), "abcdefgh"), (std::vector<std::string>{"abc", "def"}));
}

TEST(ValueDecoder, ReadsLengthsBeforeBytesAndSharedBeginnings) {
  // The lengths 0, 1, 2, 3 before the bytes of all.
  EXPECT_EQ(textsOf(Encoding::DeltaLengthByteArray, byteArrays(), countingUp(4) + "abbccc"),
            (std::vector<std::string>{"", "a", "bb", "ccc"}));
  // Each shares one byte more with the one before: "a", "ab", "abb".
  const std::string ones = "\x80\x01\x04\x03\x02\x00\x00\x00\x00\x00"s;
  EXPECT_EQ(textsOf(Encoding::DeltaByteArray, byteArrays(), countingUp(3) + ones + "abb"),
            (std::vector<std::string>{"a", "ab", "abb"}));
  EXPECT_EQ(textsOf(Encoding::DeltaByteArray, fixedBytes(1), countingUp(3) + ones + "abb"),
            std::vector<std::string>{"a"})
      << "of fixed length, the second is too long";
  EXPECT_EQ(textsOf(Encoding::DeltaByteArray, byteArrays(), ones + ones + "abb"), std::vector<std::string>{})
      << "the first shares a byte with nothing";
}

TEST(ValueDecoder, PutsSplitStreamsTogether) {
  EXPECT_EQ(textsOf(Encoding::ByteStreamSplit, fixedBytes(2), "acebdf"), (std::vector<std::string>{"ab", "cd", "ef"}));
  EXPECT_EQ(textsOf(Encoding::ByteStreamSplit, fixedBytes(2), "abc"),
            std::vector<std::string>{"a page of it has a part of a value"});
}

TEST(ValueDecoder, LooksUpDictionaries) {
  auto dictionary = Dictionary::open(byteArrays(), "\x01\0\0\0a\x02\0\0\0bc"s, 2);
  ASSERT_TRUE(dictionary);
  EXPECT_EQ(textsOf(Encoding::RleDictionary, byteArrays(), "\x01\x04\x01\x02\x00"s, &*dictionary),
            (std::vector<std::string>{"bc", "bc", "a"}));
  EXPECT_EQ(textsOf(Encoding::RleDictionary, byteArrays(), "\x02\x02\x02"s, &*dictionary), std::vector<std::string>{})
      << "a number that the dictionary does not have";
  EXPECT_EQ(textsOf(Encoding::RleDictionary, byteArrays(), "\x00\x06"s, &*dictionary),
            (std::vector<std::string>{"a", "a", "a"}));
  EXPECT_TRUE(
      contains(textsOf(Encoding::RleDictionary, byteArrays(), "\x21\x06"s, &*dictionary).front(), "impossible width"));
  EXPECT_TRUE(contains(textsOf(Encoding::RleDictionary, byteArrays(), "\x01\x06"s).front(), "is not there"));
  EXPECT_TRUE(contains(messageOf(Dictionary::open(byteArrays(), "\x01\0\0\0a"s, 2'000'000'000)), "ends early"));
  EXPECT_TRUE(contains(messageOf(Dictionary::open(fixedBytes(4), "abcdefgh", 3)), "ends early"));
}

TEST(ValueDecoder, RefusesEncodingsThatATypeDoesNotHave) {
  for (const Encoding encoding :
       {Encoding::Rle, Encoding::BitPacked, Encoding::DeltaBinaryPacked, Encoding::ByteStreamSplit}) {
    EXPECT_TRUE(contains(textsOf(encoding, byteArrays(), countingUp(3)).front(), "that its type does not have"));
  }
}

}  // namespace
}  // namespace rosa::data::parquet
