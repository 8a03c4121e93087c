// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>

namespace rosa::base {
namespace {

TEST(FormatTest, ShowsBytesInTheUnitThatFits) {
  EXPECT_EQ(formatBytes(0), "0 B");
  EXPECT_EQ(formatBytes(1023), "1023 B");
  EXPECT_EQ(formatBytes(1024), "1.0 KiB");
  EXPECT_EQ(formatBytes(3355443), "3.2 MiB");
  EXPECT_EQ(formatBytes((std::uint64_t{1} << 30) - 1), "1.0 GiB");  // not "1024.0 MiB"
  EXPECT_EQ(formatBytes(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
}

TEST(FormatTest, ShowsDurationsInTwoUnits) {
  EXPECT_EQ(formatDuration(0.99), "0s");
  EXPECT_EQ(formatDuration(59.9), "59s");
  EXPECT_EQ(formatDuration(250), "4m 10s");
  EXPECT_EQ(formatDuration(7500), "2h 05m");
  EXPECT_EQ(formatDuration(273600), "3d 04h");
}

TEST(FormatTest, ShowsSomethingForDurationsThatAreNone) {
  EXPECT_EQ(formatDuration(-1), "0s");
  EXPECT_EQ(formatDuration(std::numeric_limits<double>::quiet_NaN()), "0s");
  EXPECT_EQ(formatDuration(std::numeric_limits<double>::infinity()), "0s");
  EXPECT_FALSE(formatDuration(1e300).empty());
}

TEST(FormatTest, GroupsCountsByThousands) {
  EXPECT_EQ(formatCount(0), "0");
  EXPECT_EQ(formatCount(999), "999");
  EXPECT_EQ(formatCount(42061), "42,061");
  EXPECT_EQ(formatCount(1234567), "1,234,567");
  EXPECT_EQ(formatCount(-123456), "-123,456");
  EXPECT_EQ(formatCount(std::numeric_limits<std::int64_t>::min()), "-9,223,372,036,854,775,808");
}

TEST(NearestWordTest, FindsMisspellings) {
  constexpr std::array<std::string_view, 5> kKeys = {"rank", "learning-rate", "steps", "seed", "lr"};
  EXPECT_EQ(nearestWord("ranks", kKeys), "rank");
  EXPECT_EQ(nearestWord("lerning-rate", kKeys), "learning-rate");
  EXPECT_EQ(nearestWord("lraening-rate", kKeys), "learning-rate");
  EXPECT_EQ(nearestWord("SEED", kKeys), "seed");
  EXPECT_EQ(nearestWord("step", kKeys), "steps");
}

TEST(NearestWordTest, StaysSilentWhenNothingIsNear) {
  constexpr std::array<std::string_view, 3> kKeys = {"rank", "a", ""};
  EXPECT_FALSE(nearestWord("tokenizer", kKeys));
  EXPECT_FALSE(nearestWord("x", kKeys)) << "replacing every letter is not a misspelling";
  EXPECT_FALSE(nearestWord(std::string(100000, 'r'), kKeys));
  EXPECT_FALSE(nearestWord("rank", {}));
}

TEST(TrimTest, RemovesWhiteSpaceAtTheEndsOnly) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(SplitTest, KeepsEmptyParts) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(split("a,,b", ','), (Parts{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (Parts{""}));
  EXPECT_EQ(split(",", ','), (Parts{"", ""}));
}

TEST(PrintableTest, LeavesReadableTextAlone) {
  EXPECT_EQ(printable("h.0.attn é 模型 😀 \"\\"), "h.0.attn é 模型 😀 \"\\");
}

TEST(PrintableTest, EscapesWhatWouldDeceiveOrDisturb) {
  EXPECT_EQ(printable(std::string_view("a\0b\n\x1b[0m", 8)), "a\\u0000b\\n\\u001b[0m");
  EXPECT_EQ(printable("\u202ecod.exe"), "\\u202ecod.exe");
  EXPECT_EQ(printable("\u200b\ufeff"), "\\u200b\\ufeff");
}

TEST(PrintableTest, EscapesEveryByteThatIsNotUtf8) {
  EXPECT_EQ(printable("\xff"
                      "a"),
            "\\xffa");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // surrogate
  EXPECT_EQ(printable("\xe6\xa8"), "\\xe6\\xa8");                    // cut off
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond U+10FFFF
}

TEST(Utf8Test, TellsWellFormedText) {
  EXPECT_TRUE(isUtf8(std::string_view("é 😀\0", 8)));
  EXPECT_FALSE(isUtf8("\xed\xa0\x80"));
  EXPECT_FALSE(isUtf8("a\xe6\xa8"));
}

TEST(LoweredTest, ChangesAsciiLettersAlone) {
  EXPECT_EQ(lowered("aBZ-9 \xC3\x89"), "abz-9 \xC3\x89");  // É stays
  EXPECT_EQ(lowered(""), "");
}

TEST(InQuotesTest, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(inQuotes("a"), "\"a\"");
  EXPECT_EQ(inQuotes(std::string(81, 'a')), '"' + std::string(80, 'a') + "...\"");
  // The 80th byte is the second of é: the whole letter goes.
  EXPECT_EQ(inQuotes(std::string(79, 'a') + "éé"), '"' + std::string(79, 'a') + "...\"");
}

}  // namespace
}  // namespace rosa::base
