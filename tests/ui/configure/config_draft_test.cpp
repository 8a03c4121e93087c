// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/config_draft.h"

#include <gtest/gtest.h>

#include <QSignalSpy>

#include "support/fake_engine.h"

namespace rosa::ui {
namespace {

class ConfigDraftTest : public ::testing::Test {
 protected:
  ConfigDraftTest() { draft_.replace(test::sampleConfig()); }
  ConfigDraft draft_;
};

TEST_F(ConfigDraftTest, TakesWhatTheCommandLineTakes) {
  draft_.set("rank", QStringLiteral("25%"));
  EXPECT_EQ(std::get<double>(draft_.config().rank.value), 0.25);
  draft_.set("resample-every", QStringLiteral("0.5epochs"));
  EXPECT_EQ(draft_.config().resampleEvery, (Interval{Interval::Unit::Epochs, 0.5}));
  EXPECT_TRUE(draft_.problems().empty());
}

TEST_F(ConfigDraftTest, KeepsARefusedTextBesideTheLastGoodValue) {
  draft_.set("rank", QStringLiteral("many"));
  EXPECT_EQ(draft_.text("rank"), QStringLiteral("many"));
  EXPECT_EQ(std::get<std::int64_t>(draft_.config().rank.value), 8);
  EXPECT_FALSE(draft_.problem("rank").isEmpty());
  draft_.set("rank", QStringLiteral("4"));
  EXPECT_EQ(draft_.text("rank"), QStringLiteral("4"));
  EXPECT_TRUE(draft_.problem("rank").isEmpty());
}

TEST_F(ConfigDraftTest, FindsContradictionsWithoutTheEngine) {
  draft_.set("batch", QStringLiteral("0"));
  EXPECT_FALSE(draft_.problem("batch").isEmpty());
}

TEST_F(ConfigDraftTest, ForgetsThePlansProblemsWhenAValueChanges) {
  draft_.setPlanProblems({{"rank", "The rank is above 32."}});
  EXPECT_EQ(draft_.problem("rank"), QStringLiteral("The rank is above 32."));
  draft_.set("rank", QStringLiteral("9"));
  EXPECT_TRUE(draft_.problem("rank").isEmpty());
}

TEST_F(ConfigDraftTest, TellsOneProblemAKeyAndTheRefusedTextFirst) {
  draft_.set("rank", QStringLiteral("many"));
  draft_.setPlanProblems({{"rank", "The rank is above 32."}, {"", "Something else."}});
  ASSERT_EQ(draft_.problems().size(), 2u);
  EXPECT_NE(draft_.problem("rank"), QStringLiteral("The rank is above 32."));
}

TEST_F(ConfigDraftTest, SaysWhatToWriteWhereNothingOrNoNumberIsWritten) {
  draft_.set("lr", {});
  EXPECT_EQ(draft_.problem("lr"), QStringLiteral("Nothing is written here; write a value such as 0.002."));
  draft_.set("batch", QStringLiteral("2.5"));
  EXPECT_EQ(draft_.problem("batch"), QStringLiteral("\"2.5\" is not a whole number; write one such as 8."));
  draft_.set("resample-every", QStringLiteral("steps"));
  EXPECT_EQ(draft_.problem("resample-every"), QStringLiteral("Write how many steps, or choose “never”."));
}

TEST_F(ConfigDraftTest, RepeatsARepeatableKeyOnceALine) {
  draft_.set("sample-prompt", QStringLiteral("one\n\ntwo"));
  EXPECT_EQ(draft_.config().samplePrompts, (std::vector<std::string>{"one", "two"}));
  draft_.set("sample-prompt", {});
  EXPECT_TRUE(draft_.config().samplePrompts.empty());
}

TEST_F(ConfigDraftTest, APromptOfSeveralLinesStaysOne) {
  RunConfig config = test::sampleConfig();
  config.samplePrompts = {"Name: a\nSummary:", "C:\\new", "plain"};
  draft_.replace(config);
  EXPECT_EQ(draft_.text("sample-prompt"), QStringLiteral("Name: a\\nSummary:\nC:\\\\new\nplain"));
  draft_.set("sample-prompt", draft_.text("sample-prompt"));
  EXPECT_EQ(draft_.config().samplePrompts, config.samplePrompts);
}

TEST_F(ConfigDraftTest, SaysNothingWhenNothingChanges) {
  const QSignalSpy spy(&draft_, &ConfigDraft::changed);
  draft_.set("rank", QStringLiteral("8"));
  EXPECT_EQ(spy.count(), 0);
}

TEST_F(ConfigDraftTest, WhatTheMethodDoesNotReadIsNeitherSavedNorStarted) {
  draft_.set("resample-every", QStringLiteral("50steps"));
  draft_.set("early-stopping", QStringLiteral("3"));
  draft_.set("method", QStringLiteral("lora"));
  draft_.set("eval-every", QStringLiteral("never"));
  EXPECT_EQ(draft_.effective().resampleEvery, RunConfig().resampleEvery);
  EXPECT_EQ(draft_.problem("early-stopping"), QString());
  draft_.set("method", QStringLiteral("rosa"));
  EXPECT_EQ(draft_.effective().resampleEvery.count, 50) << "kept for when it is read again";
}

}  // namespace
}  // namespace rosa::ui
