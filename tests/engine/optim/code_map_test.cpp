// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/code_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

namespace rosa::optim {
namespace {

/// The nearest by looking at all; the lower of two that are equally near.
std::uint8_t nearest(const CodeMap& map, float x) {
  std::size_t best = 0;
  for (std::size_t code = 1; code < CodeMap::kCodes; ++code) {
    if (x > map.midpoints()[code - 1]) best = code;
  }
  return static_cast<std::uint8_t>(best);
}

TEST(CodeMap, SignedValuesAreThePublishedOnes) {
  const auto& values = CodeMap::dynamicSigned().values();
  EXPECT_TRUE(std::ranges::is_sorted(values));
  EXPECT_EQ(std::set<float>(values.begin(), values.end()).size(), 256U);
  EXPECT_EQ(values[127], 0);
  EXPECT_EQ(values[255], 1);
  EXPECT_FLOAT_EQ(values[254], 0.99296875F);  // 0.1 + 0.9·63.5/64
  EXPECT_FLOAT_EQ(values[128], 5.5e-7F);      // the one number of the lowest decade
  for (std::size_t i = 0; i < 127; ++i) EXPECT_EQ(values[i], -values[254 - i]);
}

TEST(CodeMap, UnsignedValuesAreThePublishedOnes) {
  const auto& values = CodeMap::dynamicUnsigned().values();
  EXPECT_TRUE(std::ranges::is_sorted(values));
  EXPECT_EQ(std::set<float>(values.begin(), values.end()).size(), 256U);
  EXPECT_EQ(values[0], 0);
  EXPECT_FLOAT_EQ(values[1], 3.25e-7F);
  EXPECT_FLOAT_EQ(values[2], 7.75e-7F);
  EXPECT_FLOAT_EQ(values[254], 0.996484375F);  // 0.1 + 0.9·127.5/128
  EXPECT_EQ(values[255], 1);
}

TEST(CodeMap, EveryNumberGetsTheNearestCode) {
  std::mt19937 random(1);
  for (const auto* map : {&CodeMap::dynamicSigned(), &CodeMap::dynamicUnsigned()}) {
    for (std::size_t code = 0; code < CodeMap::kCodes; ++code) {
      EXPECT_EQ(map->code(map->values()[code]), code);
      if (code == 0) continue;
      const float middle = map->midpoints()[code - 1];
      EXPECT_EQ(map->code(middle), code - 1);
      EXPECT_EQ(map->code(std::nextafter(middle, 2.0F)), code);
    }
    std::uniform_real_distribution<float> mantissa(-1, 1), exponent(-9, 0);
    for (int i = 0; i < 200'000; ++i) {
      const float x = mantissa(random) * std::pow(10.0F, exponent(random));
      ASSERT_EQ(map->code(x), nearest(*map, x)) << x;
    }
  }
  EXPECT_EQ(CodeMap::dynamicUnsigned().code(-0.0F), 0);
  EXPECT_EQ(CodeMap::dynamicSigned().code(-1.0F), 0);
}

}  // namespace
}  // namespace rosa::optim
