// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "engine/service/service_fixture.h"

/// What is promised before the start is what the run then has.
namespace rosa::test {
namespace {

class PlanTest : public ServiceTest {
 protected:
  void expectCountsOfTheRun(const RunConfig& config) {
    const auto plan = engine_->plan(config);
    ASSERT_TRUE(plan.problems.empty()) << joinProblems(plan.problems);
    Recorder events;
    trained(config, events);
    const auto started = events.all<RunStarted>().at(0);
    EXPECT_EQ(plan.trainRows, started.trainExamples);
    EXPECT_EQ(plan.validationRows, started.validationExamples);
    EXPECT_EQ(plan.stepsPerEpoch, started.stepsPerEpoch);
    EXPECT_EQ(plan.totalSteps, started.totalSteps);
    EXPECT_FALSE(plan.estimated);
    fs::remove_all(config.out);
  }
};

TEST_F(PlanTest, FewRowsAreHeldOutAsTheRunHoldsThemOut) {
  auto config = e2eConfig();
  config.steps = 1;
  for (const std::int64_t rows : {1, 2, 3, 9, 10, 11, 19, 20, 21, 30}) {
    SCOPED_TRACE(rows);
    config.maxRows = rows;
    expectCountsOfTheRun(config);
  }
}

TEST_F(PlanTest, TheSampleProjectIsReadWhole) {
  const auto presets = sourceDirectory() / "resources" / "presets";
  RunConfig config;
  ASSERT_TRUE(parseConfig(readText(presets / "sample.yaml"), presets, config).empty());
  config.out = path("run");
  const auto plan = engine_->plan(config);
  ASSERT_TRUE(plan.problems.empty()) << joinProblems(plan.problems);
  const auto data = std::ranges::find(plan.checks, "Data", &ReadinessCheck::subject);
  ASSERT_NE(data, plan.checks.end());
  EXPECT_EQ(data->state, ReadinessCheck::State::Good) << data->text;
}

TEST_F(PlanTest, OneRowHeldOutOfTenIsEnoughToStopEarlyBy) {
  auto config = e2eConfig();
  config.maxRows = 10;
  config.earlyStopping = 2;
  const auto plan = engine_->plan(config);
  EXPECT_TRUE(plan.problems.empty()) << joinProblems(plan.problems);
  EXPECT_EQ(plan.validationRows, 1);
}

TEST_F(PlanTest, StepsOfATextFileAreCountedFromAllOfIt) {
  auto config = e2eConfig();
  config.task = Task::LanguageModelling;
  config.prompt.clear();
  config.completion.clear();
  config.data = path("long.txt");
  std::string text;
  for (int i = 0; i < 2000; ++i) text += fmt::format("Once there were {} little cats in a house.\n", i);
  writeText(config.data, text);
  config.maxRows = 0;
  config.maxLength = 64;
  config.batch = 64;
  config.steps = 1;
  expectCountsOfTheRun(config);
  config.steps.reset();
  config.epochs = 1;
  config.resampleEvery = {Interval::Unit::Steps, 5};
  const auto plan = engine_->plan(config);
  EXPECT_TRUE(plan.problems.empty()) << joinProblems(plan.problems) << " (200 lines would make too few steps)";
  EXPECT_GT(plan.trainRows, 300);
}

TEST_F(PlanTest, CutAndLeftOutRowsAreCountedBeyondTheFirstTwoHundred) {
  auto config = e2eConfig();
  config.data = path("rows.csv");
  config.maxRows = 0;
  config.maxLength = 24;
  config.batch = 64;
  config.steps = 1;
  std::string rows = "mr,ref\n";
  for (int i = 0; i < 300; ++i) rows += "a cat,is here\n";
  const std::string much =
      "a very long tale of many things that went on and on and on for as long as one could bear it";
  for (int i = 0; i < 7; ++i) rows += "a cat," + much + "\n";
  for (int i = 0; i < 3; ++i) rows += much + ",is here\n";
  writeText(config.data, rows);
  const auto plan = engine_->plan(config);
  EXPECT_EQ(plan.dataRows, 310);
  EXPECT_EQ(plan.truncatedExamples, 7);
  EXPECT_EQ(plan.droppedExamples, 3);
  EXPECT_EQ(plan.trainRows + plan.validationRows, 307);
  EXPECT_EQ(plan.longestTokens, 24);
  expectCountsOfTheRun(config);
  config.valid = config.data;
  const auto both = engine_->plan(config);
  EXPECT_EQ(both.truncatedValidation, 7);
  EXPECT_EQ(both.droppedValidation, 3);
  EXPECT_EQ(both.validationRows, 307);
}

TEST_F(PlanTest, AFaultInTheLastRowIsFoundBeforeTheStart) {
  auto config = e2eConfig();
  config.maxRows = 0;
  config.data = path("rows.csv");
  std::string rows = "mr,ref\n";
  for (int i = 0; i < 300; ++i) rows += "a cat,is here\n";
  writeText(config.data, rows + "alone\n");
  const auto plan = engine_->plan(config);
  ASSERT_EQ(plan.problems.size(), 1U);
  expectContains(plan.problems[0].message, {"Line 302"});
}

TEST_F(PlanTest, AFileThatChangesIsCountedAgain) {
  auto config = e2eConfig();
  config.maxRows = 0;
  config.validationSplit = 0;
  config.data = path("rows.csv");
  writeText(config.data, "mr,ref\na cat,is here\n");
  EXPECT_EQ(engine_->plan(config).trainRows, 1);
  EXPECT_EQ(engine_->plan(config).trainRows, 1);
  writeText(config.data, "mr,ref\na cat,is here\na dog,too\n");
  EXPECT_EQ(engine_->plan(config).trainRows, 2);
  config.completion = "reff";
  EXPECT_EQ(engine_->plan(config).problems.size(), 1U) << "the answer to another question is not given";
}

TEST_F(PlanTest, APlanThatNobodyWaitsForEndsEarly) {
  auto config = e2eConfig();
  config.maxRows = 0;
  int asked = 0;
  static_cast<void>(engine_->plan(config, [&] { return ++asked >= 5; }));
  EXPECT_EQ(asked, 5);
  const auto plan = engine_->plan(config);
  EXPECT_TRUE(plan.problems.empty()) << "what was given up is not remembered: " << joinProblems(plan.problems);
  EXPECT_GT(plan.trainRows, 1000);
}

TEST_F(PlanTest, ClassesAreThoseOfAllRows) {
  auto config = e2eConfig();
  config.model = makeModel("bert");
  config.maxLength = 64;
  config.data = path("rows.csv");
  config.maxRows = 0;
  config.task = Task::Classification;
  config.prompt.clear();
  config.completion.clear();
  config.text = "text";
  config.label = "label";
  std::string rows = "text,label\n";
  for (int i = 0; i < 300; ++i) rows += i < 250 ? "a cat,one\n" : i % 2 == 0 ? "a dog,two\n" : "a cow,three\n";
  writeText(config.data, rows);
  const auto plan = engine_->plan(config);
  EXPECT_TRUE(plan.problems.empty()) << joinProblems(plan.problems);
  Recorder events;
  trained(config, events);
  EXPECT_EQ(plan.trainableParameters, events.all<RunStarted>().at(0).trainableParameters);
}

}  // namespace
}  // namespace rosa::test
