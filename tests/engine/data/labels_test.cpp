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
  EXPECT_EQ(map.indexOf("01"), std::nullopt);
}

}  // namespace
}  // namespace rosa::data
