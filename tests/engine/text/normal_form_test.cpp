// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/normal_form.h"

#include <gtest/gtest.h>

#include <random>

#include "text/unicode.h"

namespace rosa::text {
namespace {

AlignedText aligned(const std::u32string& points) {
  AlignedText text;
  for (std::size_t i = 0; i < points.size(); ++i) {
    text.push_back({points[i], static_cast<std::int32_t>(i), static_cast<std::int32_t>(i) + 1});
  }
  return text;
}

std::u32string valuesOf(const AlignedText& text) {
  std::u32string values;
  for (const auto& c : text) values += c.value;
  return values;
}

std::u32string composedForm(AlignedText text) {
  normalForm(text, false, true);
  return valuesOf(text);
}

TEST(NormalForm, ComposesMarksHangulAndWhatHasAnotherForm) {
  EXPECT_EQ(composedForm(aligned(U"cafe\u0301 x")), U"caf\u00E9 x");
  EXPECT_EQ(composedForm(aligned(U"\u1100\u1161\u11A8")), U"\uAC01");  // Hangul jamo
  EXPECT_EQ(composedForm(aligned(U"\uAC00\u11A8")), U"\uAC01");
  EXPECT_EQ(composedForm(aligned(U"\u212B")), U"\u00C5");  // the ångström sign
  EXPECT_EQ(composedForm(aligned(U"a\u0323\u0302b")), U"\u1EADb");
  EXPECT_EQ(composedForm(aligned(U"\u0301a")), U"\u0301a");      // a mark with nothing before it
  EXPECT_EQ(composedForm(aligned(U"\u0928\u093C")), U"\u0929");  // Devanagari: nukta composes
  EXPECT_EQ(composedForm(aligned(U"\u0958")), U"\u0915\u093C");  // and is excluded from composition here
}

TEST(NormalForm, KeepsPlaces) {
  auto text = aligned(U"ae\u0301b");
  normalForm(text, false, true);
  ASSERT_EQ(text.size(), 3U);
  EXPECT_EQ(text[2].begin, 3);
  EXPECT_EQ(text[1].begin, 1);
}

// Only the parts that can change are composed; a text that was decomposed as a whole before is all of such parts.
TEST(NormalForm, OfATextIsThatOfItsDecomposition) {
  std::mt19937 random(7);
  const std::u32string pool =
      U"abe "
      U"AE\u00C9\u0301\u0323\u0302\u0300\u0345\u1100\u1161\u11A8\uAC00\u0915\u093C\u0928\u2014\u4E2D\u3042\u3099\u212B"
      U"\u0386\U0001F600\u09C7\u09BE\u0F71\u0F72";
  for (int round = 0; round < 3000; ++round) {
    std::u32string points;
    for (auto length = random() % 12; length > 0; --length) points += pool[random() % pool.size()];
    auto decomposedText = aligned(points);
    normalForm(decomposedText, false, false);
    EXPECT_EQ(composedForm(aligned(points)), composedForm(aligned(valuesOf(decomposedText))));
  }
}

}  // namespace
}  // namespace rosa::text
