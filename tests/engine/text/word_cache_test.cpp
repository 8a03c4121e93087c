// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/word_cache.h"

#include <gtest/gtest.h>

#include <string>

namespace rosa::text {
namespace {

AlignedText word(const std::u32string& points) {
  AlignedText text;
  for (const char32_t c : points) text.push_back({c, 5, 6});
  return text;
}

TEST(WordCache, FindsWhatWasAdded) {
  WordCache cache;
  EXPECT_FALSE(cache.find(word(U"cat")));
  const std::vector<Token> tokens{{7, 0, 1}, {8, 2, 2}};
  cache.add(word(U"cat"), tokens);
  cache.add(word(U"none"), {});
  const auto found = cache.find(word(U"cat"));
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[1].id, 8);
  ASSERT_TRUE(cache.find(word(U"none")));
  EXPECT_TRUE(cache.find(word(U"none"))->empty());
  EXPECT_FALSE(cache.find(word(U"ca")));
  EXPECT_FALSE(cache.find(word(U"act")));
}

TEST(WordCache, KeepsManyApartAndIsFullOneDay) {
  WordCache cache;
  const auto nameOf = [](std::int32_t i) {
    std::u32string points;
    for (const char c : std::to_string(i)) points += static_cast<char32_t>(c);
    return word(points);
  };
  for (std::int32_t i = 0; i < 100'000; ++i) cache.add(nameOf(i), std::vector<Token>{{i, 0, 0}});
  for (std::int32_t i = 0; i < 70'000; ++i) {
    const auto found = cache.find(nameOf(i));
    ASSERT_TRUE(found) << i;
    ASSERT_EQ(found->front().id, i);
  }
  EXPECT_FALSE(cache.find(nameOf(99'999)));
}

TEST(WordCache, TakesNoLongWords) {
  WordCache cache;
  const auto longest = word(std::u32string(WordCache::kLongestWord + 1, U'a'));
  cache.add(longest, std::vector<Token>{{1, 0, 0}});
  EXPECT_FALSE(cache.find(longest));
}

}  // namespace
}  // namespace rosa::text
