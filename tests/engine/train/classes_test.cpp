// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/classes.h"

#include <gtest/gtest.h>

namespace rosa::train {
namespace {

using Names = std::vector<std::string>;

model::ModelConfig classifier(const Names& names) {
  model::ModelConfig config;
  config.head = model::Head::Classification;
  config.labels = static_cast<std::int64_t>(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) config.labelNames[static_cast<std::int64_t>(i)] = names[i];
  return config;
}

Classes choose(const Names& ofData, const model::ModelConfig& model) {
  return chooseClasses(data::LabelMap::fromLabels(ofData), model, model::Head::Classification, false);
}

TEST(ClassesTest, AHeadOfTheSameClassesKeepsItsOrder) {
  const auto classes = choose({"negative", "positive"}, classifier({"positive", "negative"}));
  EXPECT_EQ(classes.labels.names(), (Names{"positive", "negative"}));
  EXPECT_FALSE(classes.drawHead);
  EXPECT_NE(classes.remark.find("0 = positive, 1 = negative"), std::string::npos) << classes.remark;
  EXPECT_EQ(choose({"a", "b", "c"}, classifier({"c", "a", "b"})).labels.names(), (Names{"c", "a", "b"}));
}

TEST(ClassesTest, EqualNumbersAreTheSameClasses) {
  EXPECT_EQ(choose({"0", "1"}, classifier({"1.0", "0.0"})).labels.names(), (Names{"1", "0"}));
  EXPECT_EQ(choose({"1", "2", "3"}, classifier({"3", "2", "1"})).labels.names(), (Names{"3", "2", "1"}));
}

TEST(ClassesTest, TheCaseOfLettersCountsOnlyIfItHasTo) {
  const auto classes = choose({"Negative", "Positive"}, classifier({"POSITIVE", "NEGATIVE"}));
  EXPECT_EQ(classes.labels.names(), (Names{"Positive", "Negative"}));
  EXPECT_FALSE(classes.drawHead);
  EXPECT_EQ(choose({"a", "A"}, classifier({"a", "A"})).labels.names(), (Names{"a", "A"}));
}

TEST(ClassesTest, AHeadWithoutNamesIsKeptAndTheDatasOrderTold) {
  const auto classes = choose({"no", "yes"}, classifier({"LABEL_0", "LABEL_1"}));
  EXPECT_EQ(classes.labels.names(), (Names{"no", "yes"}));
  EXPECT_FALSE(classes.drawHead);
  EXPECT_NE(classes.remark.find("0 = no, 1 = yes"), std::string::npos) << classes.remark;
}

TEST(ClassesTest, NumbersFromZeroAreTheHeadsRows) {
  const auto classes = choose({"0", "1"}, classifier({"NEGATIVE", "POSITIVE"}));
  EXPECT_EQ(classes.labels.names(), (Names{"0", "1"}));
  EXPECT_FALSE(classes.drawHead);
  EXPECT_NE(classes.remark.find("0 = NEGATIVE, 1 = POSITIVE"), std::string::npos) << classes.remark;
  EXPECT_TRUE(choose({"1", "2"}, classifier({"NEGATIVE", "POSITIVE"})).drawHead) << "stars, not rows";
}

TEST(ClassesTest, OtherClassesAskForANewHeadAndThatIsTold) {
  for (const Names& data :
       {Names{"money", "sports"}, Names{"negative", "neutral", "positive"}, Names{"negative", "neutral"}}) {
    const auto classes = choose(data, classifier({"positive", "negative"}));
    EXPECT_TRUE(classes.drawHead);
    EXPECT_EQ(classes.labels.names(), data);
    EXPECT_NE(classes.remark.find("a new head is drawn"), std::string::npos) << classes.remark;
  }
}

TEST(ClassesTest, AModelWithoutAHeadGetsOneAndThatIsTold) {
  model::ModelConfig bare;
  EXPECT_NE(choose({"no", "yes"}, bare).remark.find("a new one is drawn"), std::string::npos);
  const auto head = model::Head::Classification;
  EXPECT_NE(chooseClasses(data::LabelMap({"no", "yes"}), bare, head, true).remark.find("The adapter's head"),
            std::string::npos);
}

TEST(ClassesTest, AHeadForClassesOfTextsMakesWayForOneOfWords) {
  // They may share their tensor's name and shape.
  const auto words = model::Head::TokenClassification;
  const auto classes = chooseClasses(data::LabelMap({"B", "O"}), classifier({"B", "O"}), words, false);
  EXPECT_TRUE(classes.drawHead);
  EXPECT_NE(classes.remark.find("no head for classes of words"), std::string::npos) << classes.remark;
  auto ofWords = classifier({"O", "B"});
  ofWords.head = words;
  const auto kept = chooseClasses(data::LabelMap({"B", "O"}), ofWords, words, false);
  EXPECT_FALSE(kept.drawHead);
  EXPECT_EQ(kept.labels.names(), (Names{"O", "B"}));
}

}  // namespace
}  // namespace rosa::train
