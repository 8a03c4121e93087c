// SPDX-License-Identifier: GPL-3.0-or-later
#include "service_fixture.h"

namespace rosa::test {
namespace {

/// What a run and an evaluation cut, leave out or do not read is told where people look.
class Told : public ServiceTest {
 protected:
  /// Three sound rows, one whose completion does not fit into 24 tokens, and one whose prompt fills them alone.
  [[nodiscard]] fs::path uneven(const std::string& name) const {
    std::string longText;
    for (int i = 0; i < 60; ++i) longText += " a little bird";
    std::string rows = "prompt,completion\n";
    for (int i = 0; i < 3; ++i) rows += "Once,upon a time\n";
    rows += "Once," + longText + "\n";
    rows += longText + ",upon a time\n";
    writeText(path(name), rows);
    return path(name);
  }

  [[nodiscard]] RunConfig unevenConfig() const {
    auto config = e2eConfig();
    config.data = uneven("train.csv");
    config.valid = uneven("dev.csv");
    config.prompt = "prompt";
    config.completion = "completion";
    config.maxLength = 24;
    config.steps = 1;
    config.batch = 2;
    config.warmup = {0, std::nullopt};
    config.resampleEvery = {};
    return config;
  }

  static std::string linesOf(const Recorder& events, const std::string& level) {
    std::string all;
    for (const auto& line : events.all<LogLine>()) all += line.level == level ? line.text + "\n" : "";
    return all;
  }
};

TEST_F(Told, ARunCountsWhatItCutsAndLeavesOut) {
  Recorder events;
  trained(unevenConfig(), events);
  const auto started = events.all<RunStarted>().at(0);
  EXPECT_EQ(started.trainExamples, 4);
  EXPECT_EQ(started.truncatedExamples, 1);
  EXPECT_EQ(started.droppedExamples, 1);
  EXPECT_EQ(started.validationExamples, 4);
  EXPECT_EQ(started.truncatedValidation, 1);
  EXPECT_EQ(started.droppedValidation, 1);
  EXPECT_EQ(events.all<EvaluationCompleted>().at(0).truncatedExamples, 1);
  expectContains(linesOf(events, "info"), {"1 of 4 examples of train.csv is cut to 24 tokens", "end token",
                                           "1 row of train.csv is left out", "1 row of dev.csv is left out"});
}

TEST_F(Told, APlanSaysItBeforeTheStart) {
  auto config = unevenConfig();
  config.momentPrune = 0.5;
  const auto plan = engine_->plan(config);
  ASSERT_TRUE(plan.problems.empty()) << joinProblems(plan.problems);
  const auto data = std::ranges::find(plan.checks, "Data", &ReadinessCheck::subject);
  ASSERT_NE(data, plan.checks.end());
  EXPECT_EQ(data->state, ReadinessCheck::State::Warning);
  EXPECT_EQ(data->text,
            "1 of 5 rows loses its end; 1 loses all that is trained; 2 of the validation data are cut or left out "
            "(max-length 24)");
  EXPECT_EQ(std::ranges::count_if(plan.remarks, [](const auto& text) { return text.starts_with("moment-prune: "); }),
            1);

  config.maxLength = 512;
  const auto whole = engine_->plan(config);
  EXPECT_EQ(std::ranges::find(whole.checks, "Data", &ReadinessCheck::subject)->state, ReadinessCheck::State::Good);
}

TEST_F(Told, AnEvaluationCutsNothingThatTheModelHasPositionsForUnlessTold) {
  EvaluationRequest request;
  request.model = sampleModel();
  const auto limit = request.data.maxLength;
  request.data = unevenConfig();
  request.data.data = path("dev.csv");
  request.data.maxLength = limit;
  const auto whole = engine_->evaluate(request);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->examples, 5);
  EXPECT_EQ(whole->truncatedExamples, 0);
  EXPECT_EQ(whole->droppedExamples, 0);
  EXPECT_EQ(whole->maxLength, 512) << "the sample model's positions";
  EXPECT_TRUE(whole->remarks.empty());

  request.data.maxLength = 24;
  const auto cut = engine_->evaluate(request);
  ASSERT_TRUE(cut) << cut.error().message;
  EXPECT_EQ(cut->examples, 4);
  EXPECT_EQ(cut->truncatedExamples, 1);
  EXPECT_EQ(cut->droppedExamples, 1);
  EXPECT_EQ(cut->maxLength, 24);
  ASSERT_EQ(cut->remarks.size(), 2U);
  expectContains(cut->remarks[0], {"1 of 4 examples of dev.csv is cut to 24 tokens"});
}

TEST_F(Told, APromptOfATextSampleThatIsCutIsCountedAndToldOnce) {
  auto config = e2eConfig();
  config.steps = 1;
  config.warmup = {0, std::nullopt};
  config.resampleEvery = {};
  config.sampleTokens = 4;
  std::string longText;
  for (int i = 0; i < 300; ++i) longText += "The dog ran. ";
  config.samplePrompts = {"Once", longText};
  Recorder events;
  trained(config, events);
  const auto sampled = events.all<TextSampled>();
  ASSERT_EQ(sampled.size(), 4U);
  EXPECT_EQ(sampled[0].droppedPromptTokens, 0);
  EXPECT_GT(sampled[1].droppedPromptTokens, 0);
  const auto told = linesOf(events, "info");
  expectContains(told, {"A sample's prompt has", "cut off"});
  EXPECT_EQ(told.find("A sample's prompt"), told.rfind("A sample's prompt"));
}

TEST_F(Told, ARunNamesTheSettingsThatItDoesNotRead) {
  auto config = e2eConfig();
  config.steps = 1;
  config.warmup = {0, std::nullopt};
  config.resampleEvery = {};
  config.momentPrune = 0.5;
  config.validationSplit = 0;
  config.bestMetric = "perplexity";
  Recorder events;
  trained(config, events);
  expectContains(linesOf(events, "info"), {"moment-prune: has no effect in this run: only moment-reset prune reads it",
                                           "best-metric: has no effect in this run: there is no validation data"});
}

TEST_F(Told, ARunOfDefaultsHasNothingToRemark) {
  auto config = e2eConfig();
  config.maxLength = 512;
  Recorder events;
  trained(config, events);
  EXPECT_EQ(linesOf(events, "info"), "");
}

}  // namespace
}  // namespace rosa::test
