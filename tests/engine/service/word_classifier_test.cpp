// SPDX-License-Identifier: GPL-3.0-or-later
#include <random>

#include "engine/service/service_fixture.h"

/// A class for each word: trained, evaluated by marked stretches, exported, loaded again.
namespace rosa::test {
namespace {

class WordClassifierTest : public ServiceTest {
 protected:
  /// Names and places that the words themselves tell, some of two words.
  static std::string rows(unsigned seed) {
    std::mt19937 random(seed);
    const std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> parts = {
        {{"the"}, {"O"}},
        {{"cat", "ran"}, {"O", "O"}},
        {{"Lily"}, {"B-PER"}},
        {{"Tom", "Day"}, {"B-PER", "I-PER"}},
        {{"park"}, {"B-LOC"}}};
    std::string text;
    for (int i = 0; i < 48; ++i) {
      auto words = json::array(), tags = json::array();
      for (int part = 0; part < 4; ++part) {
        const auto& [some, labels] = parts[random() % parts.size()];
        for (const auto& word : some) words.push_back(word);
        for (const auto& label : labels) tags.push_back(label);
      }
      text += json{{"tokens", words}, {"ner_tags", tags}}.dump() + "\n";
    }
    return text;
  }

  [[nodiscard]] RunConfig configFor(const fs::path& model) {
    writeText(path("train.jsonl"), rows(1));
    writeText(path("valid.jsonl"), rows(2));
    RunConfig made = labelledConfig(model, Task::TokenClassification, path("train.jsonl"), path("valid.jsonl"));
    made.text = "tokens";
    made.label = "ner_tags";
    made.steps = 60;
    return made;
  }
};

TEST_F(WordClassifierTest, TheDataAreRecognised) {
  writeText(path("train.jsonl"), rows(1));
  const auto summary = engine_->inspectData(path("train.jsonl"), 3, {});
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->suggestedTask, "token-classification");
  EXPECT_EQ(summary->suggestedText, "tokens");
  EXPECT_EQ(summary->suggestedLabel, "ner_tags");
}

TEST_F(WordClassifierTest, ItIsTrainedExportedAndReadBack) {
  const auto run = configFor(makeModel("bert"));
  Recorder events;
  trainedAsPlanned(run, events);
  const auto live = events.all<EvaluationCompleted>().back();
  EXPECT_GT(valueOf(live.metrics, "f1"), 0.9) << "words that tell their class are learnt";
  EXPECT_GT(valueOf(live.metrics, "accuracy"), 0.9);
  const auto report = engine_->exportRun({run.out, path("merged"), "last"});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_LT(report->largestLogitDifference, 1e-5);
  const auto exported = readJson(path("merged") / "config.json");
  EXPECT_EQ(exported.at("architectures"), json({"BertForTokenClassification"}));
  EXPECT_EQ(exported.at("id2label"), json({{"0", "B-LOC"}, {"1", "B-PER"}, {"2", "I-PER"}, {"3", "O"}}));
  EXPECT_FALSE(exported.contains("problem_type"));
  const auto again = evaluatedAsValidated(path("merged"), run);
  EXPECT_NEAR(again.loss, live.loss, 1e-5);
  EXPECT_EQ(valueOf(again.metrics, "f1"), valueOf(live.metrics, "f1"));

  // Its head is kept by a second run of the kind, and makes way where whole texts have a class.
  auto second = run;
  second.model = path("merged");
  second.out = path("second");
  second.steps = 1;
  second.resampleEvery = {};
  Recorder kept;
  trained(second, kept);
  EXPECT_NEAR(kept.all<StepCompleted>().front().loss, live.loss, 0.3) << "it goes on from what it knew";
}

TEST_F(WordClassifierTest, EveryEncoderTrainsByRosaAndLora) {
  for (const char* arch : {"roberta", "xlm-roberta", "distilbert", "electra", "albert", "modernbert", "deberta"}) {
    auto run = configFor(makeModel(arch));
    run.steps = 3;
    run.resampleEvery = {Interval::Unit::Steps, 2};
    for (const auto method : {Method::Rosa, Method::Lora}) {
      run.method = method;
      run.out = path(std::string(arch) + (method == Method::Rosa ? "-rosa" : "-lora"));
      trained(run);
      const auto merged = run.out.string() + "-merged";
      const auto report = engine_->exportRun({run.out, merged, "last"});
      ASSERT_TRUE(report) << arch << ": " << report.error().message;
      const std::string className = readJson(fs::path(merged) / "config.json").at("architectures")[0];
      EXPECT_TRUE(className.ends_with("ForTokenClassification")) << className;
    }
  }
}

TEST_F(WordClassifierTest, AnAdapterHoldsTheHead) {
  auto run = configFor(makeModel("bert"));
  run.method = Method::Lora;
  run.steps = 20;
  trained(run);
  const auto report =
      engine_->exportRun({.runDirectory = run.out, .destination = path("peft"), .as = ExportForm::Peft});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(readJson(path("peft") / "adapter_config.json").at("task_type"), "TOKEN_CLS");
  EXPECT_LT(report->largestLogitDifference, 1e-5);
  const auto merged = engine_->exportRun({.runDirectory = path("peft"), .destination = path("again")});
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(readJson(path("again") / "config.json").at("architectures"), json({"BertForTokenClassification"}));
}

TEST_F(WordClassifierTest, WhatItCannotDoIsTold) {
  const auto decoder = engine_->plan(configFor(sampleModel()));
  ASSERT_FALSE(decoder.problems.empty());
  expectContains(decoder.problems.front().message, {"needs an encoder"});
  const auto model = makeModel("bert");
  auto pair = configFor(model);
  pair.textPair = "other";
  const auto plan = engine_->plan(pair);
  ASSERT_FALSE(plan.problems.empty());
  EXPECT_EQ(plan.problems.front().key, "text-pair");
  // Classes of words are no classes of texts.
  auto run = configFor(model);
  run.steps = 1;
  run.resampleEvery = {};
  trained(run);
  ASSERT_TRUE(engine_->exportRun({run.out, path("merged"), "last"}));
  EvaluationRequest request{path("merged"), run};
  request.data.task = Task::Classification;
  request.data.valid.reset();
  const auto report = engine_->evaluate(request);
  ASSERT_FALSE(report);
  expectContains(report.error().message, {"token-classification"});
}

}  // namespace
}  // namespace rosa::test
