// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/example_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace rosa::data {
namespace {

using Rows = std::vector<std::int64_t>;

/// Example i has i + 1 tokens i.
ExampleStore counted(std::int32_t count) {
  std::vector<Example> examples;
  for (std::int32_t i = 0; i < count; ++i) {
    examples.emplace_back().tokenIds.assign(static_cast<std::size_t>(i) + 1, i);
  }
  return examples;
}

Rows namesOf(const ExampleStore& store) {
  Rows names;
  for (const auto example : store) names.push_back(example.tokenIds.front());
  for (std::size_t i = 0; i < store.size(); ++i) {
    EXPECT_EQ(store[i].tokenIds.front(), names[i]);
    EXPECT_EQ(store.length(i), std::ssize(store[i].tokenIds));
  }
  return names;
}

std::shared_ptr<const Rows> theRows(Rows all) {
  return std::make_shared<const Rows>(std::move(all));
}

TEST(ExampleStoreTest, HoldsWhatItWasGiven) {
  EXPECT_TRUE(ExampleStore().empty());
  EXPECT_EQ(namesOf(ExampleStore()), Rows());
  EXPECT_EQ(namesOf(counted(4)), (Rows{0, 1, 2, 3}));
  EXPECT_EQ(counted(4).tokens(), 10);
}

TEST(ExampleStoreTest, DividesIntoRowsAndTheRest) {
  const auto all = counted(7);
  EXPECT_EQ(namesOf(all.chosen(theRows({0, 3, 6}))), (Rows{0, 3, 6}));
  EXPECT_EQ(namesOf(all.without(theRows({0, 3, 6}))), (Rows{1, 2, 4, 5}));
  EXPECT_EQ(namesOf(all.without(theRows({0, 1, 2}))), (Rows{3, 4, 5, 6}));
  EXPECT_EQ(namesOf(all.without(theRows({4, 5, 6}))), (Rows{0, 1, 2, 3}));
  EXPECT_EQ(namesOf(all.without(theRows({}))), namesOf(all));
  EXPECT_EQ(namesOf(all.without(theRows({1, 2})).without(theRows({0, 3}))), (Rows{3, 4, 6}));
}

TEST(ExampleStoreTest, PutsOneSetBehindAnother) {
  const auto all = counted(2).followedBy(counted(3)).followedBy(counted(1));
  EXPECT_EQ(namesOf(all), (Rows{0, 1, 0, 1, 2, 0}));
  EXPECT_EQ(namesOf(ExampleStore().followedBy(counted(2))), (Rows{0, 1}));
}

TEST(ExampleStoreTest, GivesClassesOtherNumbers) {
  Example text, words;
  text.label = 2;
  words.targets = {1, kNoTarget, 0};
  const auto all = ExampleStore({text, words}).renumbered({5, 6, 7});
  EXPECT_EQ(all[0].label, 7);
  EXPECT_EQ(all[1].targets, (std::vector<std::int32_t>{6, kNoTarget, 5}));
  EXPECT_THROW((void)ExampleStore({text}).renumbered({0, 1})[0], std::runtime_error);
}

}  // namespace
}  // namespace rosa::data
