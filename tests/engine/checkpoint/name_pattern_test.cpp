// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/name_pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace rosa::checkpoint {
namespace {

TEST(NamePattern, AWholeNameIsFittedAsPythonsFullmatchDoes) {
  EXPECT_TRUE(*fitsWhole("a|ab", "ab")) << "the second branch is tried where the first leaves a rest";
  EXPECT_TRUE(*fitsWhole(R"(.*\.h\.\d+\.c_attn)", "transformer.h.10.c_attn"));
  EXPECT_FALSE(*fitsWhole("h.0", "x.h.0"));
  EXPECT_FALSE(*fitsWhole("h.0", "h.0.c"));
}

TEST(NamePattern, AnEndBeginsAfterADotAndADotFitsAnything) {
  for (const char* pattern : {"h.0.c", "(h).0.c"}) {
    EXPECT_TRUE(*fitsEnd(pattern, "h.0.c")) << pattern;
    EXPECT_TRUE(*fitsEnd(pattern, "x.h.0.c")) << pattern;
    EXPECT_TRUE(*fitsEnd(pattern, "x.h_0_c")) << pattern;
    EXPECT_FALSE(*fitsEnd(pattern, "xh.0.c")) << pattern;
    EXPECT_FALSE(*fitsEnd(pattern, "h.0.c.d")) << pattern;
  }
}

TEST(NamePattern, ALayersNumberIsTheFirst) {
  EXPECT_EQ(*layerIndex("", "model.layers.12.experts.3.w"), 12);
  EXPECT_EQ(*layerIndex("layers", "layers.4.w"), 4);
  EXPECT_EQ(*layerIndex("(layers|h)", "model.h.5.w"), 5);
  EXPECT_EQ(*layerIndex("h", "model.layers.4.w"), -1);
  EXPECT_EQ(*layerIndex("", "layers.4.w"), -1) << "without a name, one segment must stand before";
}

TEST(NamePattern, WhatCannotBeMatchedIsAnErrorAndNotNo) {
  const auto unreadable = fitsWhole("(a", "a");
  ASSERT_FALSE(unreadable);
  EXPECT_NE(unreadable.error().message.find("(a"), std::string::npos);
  const auto endless = fitsWhole("(a|aa)+[0-9]", std::string(200, 'a'));
  ASSERT_FALSE(endless);
  EXPECT_NE(endless.error().message.find("too long"), std::string::npos);
  EXPECT_FALSE(fitsEnd(std::string(20'000, 'a') + "+", "a"));
}

}  // namespace
}  // namespace rosa::checkpoint
