// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/labels.h"

#include <gtest/gtest.h>

namespace rosa::data {
namespace {

using Names = std::vector<std::string>;

TEST(LabelMapTest, WholeNumbersKeepTheirOrder) {
  EXPECT_EQ(LabelMap::fromLabels({"10", "2", "0", "2"}).names(), (Names{"0", "2", "10"}));
  EXPECT_EQ(LabelMap::fromLabels({"1", "-1"}).names(), (Names{"-1", "1"}));
  const auto map = LabelMap::fromLabels({"2", "1", "0"});
  for (const std::int64_t i : {0, 1, 2}) EXPECT_EQ(map.indexOf(std::to_string(i)), i);
}

TEST(LabelMapTest, OtherLabelsAreSorted) {
  const auto map = LabelMap::fromLabels({"not_entailment", "entailment", "entailment"});
  EXPECT_EQ(map.names(), (Names{"entailment", "not_entailment"}));
  EXPECT_EQ(map.indexOf("not_entailment"), 1);
  EXPECT_EQ(map.indexOf("neutral"), std::nullopt);
  EXPECT_EQ(LabelMap::fromLabels({"2", "10", "x"}).names(), (Names{"10", "2", "x"}));
}

TEST(LabelMapTest, NumbersAreIndicesWhereClassesHaveNoNames) {
  const LabelMap map({"LABEL_0", "LABEL_1"});
  EXPECT_EQ(map.indexOf("1"), 1);
  EXPECT_EQ(map.indexOf("LABEL_0"), 0);
  EXPECT_EQ(map.indexOf("2"), std::nullopt);
  EXPECT_EQ(map.indexOf("1.0"), 1) << "a column of numbers with a gap in it is written so by pandas";
  EXPECT_EQ(map.indexOf("1.5"), std::nullopt);
  EXPECT_TRUE(map.unnamed());
  EXPECT_FALSE(LabelMap({"LABEL_1", "LABEL_0"}).unnamed());
}

TEST(LabelMapTest, EqualNumbersAreOneClass) {
  const auto map = LabelMap::fromLabels({"1", "1.0", "0", "01", "+1", "1e0", "2.0"});
  EXPECT_EQ(map.names(), (Names{"0", "1", "2"}));
  for (const auto* one : {"1", "1.0", "01", "+1", "1e0"}) EXPECT_EQ(map.indexOf(one), 1) << one;
  EXPECT_EQ(map.indexOf("-0"), 0);
  EXPECT_EQ(map.indexOf("3.0"), std::nullopt);
  EXPECT_EQ(map.indexOf("1.5"), std::nullopt);
  EXPECT_EQ(LabelMap({"0.0", "1.0"}).indexOf("1"), 1) << "a model's names may be written so too";
}

TEST(LabelMapTest, NumbersAmongWordsAreWords) {
  const auto map = LabelMap::fromLabels({"1", "1.0", "other"});
  EXPECT_EQ(map.names(), (Names{"1", "1.0", "other"}));
  EXPECT_EQ(map.indexOf("1.0"), 1);
  EXPECT_EQ(map.indexOf("01"), std::nullopt);
}

TEST(LabelMapTest, NumbersThatDoublesConfuseStayApart) {
  const auto map = LabelMap::fromLabels({"9007199254740993", "9007199254740992"});
  EXPECT_EQ(map.names(), (Names{"9007199254740992", "9007199254740993"}));
  EXPECT_EQ(wholeNumber("99999999999999999999"), std::nullopt);
  for (const auto* word : {"", "+", "-", "+-1", "nan", "inf", "0x1", "1 "})
    EXPECT_EQ(wholeNumber(word), std::nullopt) << word;
}

}  // namespace
}  // namespace rosa::data
