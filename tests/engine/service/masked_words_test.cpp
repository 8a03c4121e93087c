// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <random>

#include "engine/service/service_fixture.h"

/// Hidden words: trained, evaluated with masks that stay, resumed, exported, loaded again.
namespace rosa::test {
namespace {

class MaskedWordsTest : public ServiceTest {
 protected:
  /// Texts whose words tell each other.
  static std::string rows(unsigned seed) {
    std::mt19937 random(seed);
    const std::vector<std::string> texts = {"Tom had a red ball and a small dog.",
                                            "Lily went to the park with her mom.",
                                            "The cat ran to the big tree all day."};
    std::string text;
    for (int i = 0; i < 32; ++i) text += json{{"text", texts[random() % texts.size()]}}.dump() + "\n";
    return text;
  }

  static constexpr std::int64_t kMaskId = 4;  ///< of the token <0x01>

  /// A tokenizer's mask token is one of the vocabulary's that no text holds.
  fs::path makeMaskedModel(const std::string& arch) {
    const auto folder = makeModel(arch);
    auto settings = readJson(folder / "tokenizer_config.json");
    settings["mask_token"] = "<0x01>";
    writeText(folder / "tokenizer_config.json", settings.dump());
    return folder;
  }

  [[nodiscard]] RunConfig configFor(const fs::path& model) {
    writeText(path("train.jsonl"), rows(1));
    writeText(path("valid.jsonl"), rows(2));
    RunConfig made = labelledConfig(model, Task::MaskedLanguageModelling, path("train.jsonl"), path("valid.jsonl"));
    made.text = "text";
    made.steps = 60;
    return made;
  }
};

TEST_F(MaskedWordsTest, TheyAreLearntExportedAndReadBack) {
  auto run = configFor(makeMaskedModel("roberta"));
  run.method = Method::Full;
  run.evalEvery = {Interval::Unit::Steps, 30};
  Recorder events;
  trainedAsPlanned(run, events);
  const auto evaluations = events.all<EvaluationCompleted>();
  ASSERT_GE(evaluations.size(), 2U);
  EXPECT_LT(evaluations.back().loss, 0.6 * events.all<StepCompleted>().front().loss);
  EXPECT_GT(valueOf(evaluations.back().metrics, "accuracy"), 0.3);
  EXPECT_NEAR(valueOf(evaluations.back().metrics, "perplexity"), std::exp(evaluations.back().loss), 1e-6);
  const auto report = engine_->exportRun({run.out, path("merged"), "last"});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_LT(report->largestLogitDifference, 1e-5);
  EXPECT_EQ(readJson(path("merged") / "config.json").at("architectures"), json({"RobertaForMaskedLM"}));
  const auto again = evaluatedAsValidated(path("merged"), run);
  EXPECT_NEAR(again.loss, evaluations.back().loss, 1e-5) << "the same words are hidden";
  EXPECT_EQ(valueOf(again.metrics, "accuracy"), valueOf(evaluations.back().metrics, "accuracy"));
  auto other = run;
  other.seed = 99;
  other.batch = 3;
  EXPECT_NEAR(evaluatedAsValidated(path("merged"), other).loss, again.loss, 1e-5) << "by no seed of a run";
  EXPECT_EQ(evaluatedAsValidated(run.out, run).metrics, again.metrics) << "a run answers as its export does";
}

TEST_F(MaskedWordsTest, EveryEncoderTrainsByRosaAndLora) {
  for (const char* arch : {"bert", "xlm-roberta", "distilbert", "electra", "albert", "modernbert", "deberta"}) {
    SCOPED_TRACE(arch);
    auto run = configFor(makeMaskedModel(arch));
    run.steps = 3;
    run.resampleEvery = {Interval::Unit::Steps, 2};
    for (const auto method : {Method::Rosa, Method::Lora}) {
      run.method = method;
      run.out = path(std::string(arch) + (method == Method::Rosa ? "-rosa" : "-lora"));
      Recorder events;
      trainedAsPlanned(run, events);
      const auto merged = run.out.string() + "-merged";
      const auto report = engine_->exportRun({run.out, merged, "last"});
      ASSERT_TRUE(report) << report.error().message;
      const std::string className = readJson(fs::path(merged) / "config.json").at("architectures")[0];
      EXPECT_TRUE(className.ends_with("ForMaskedLM")) << className;
      EXPECT_NEAR(evaluatedAsValidated(merged, run).loss, events.all<EvaluationCompleted>().back().loss, 1e-5);
    }
  }
}

TEST_F(MaskedWordsTest, AResumedRunHidesTheSameWords) {
  auto run = configFor(makeMaskedModel("bert"));
  run.steps = 10;
  run.resampleEvery = {Interval::Unit::Steps, 4};
  run.saveEvery = {Interval::Unit::Steps, 5};
  run.keepCheckpoints = 5;
  Recorder whole;
  trained(run, whole);
  // As if it had been stopped after step 5, in the second epoch.
  for (const char* step : {"step-000008", "step-000010"}) fs::remove_all(run.out / "checkpoints" / step);
  Recorder resumed;
  auto again = engine_->resume(run.out, resumed);
  ASSERT_TRUE(again) << again.error().message;
  (*again)->wait();
  const auto steps = whole.all<StepCompleted>(), after = resumed.all<StepCompleted>();
  ASSERT_EQ(after.size(), 5U);
  for (std::size_t i = 0; i < after.size(); ++i) EXPECT_EQ(after[i].loss, steps[i + 5].loss) << i;
  EXPECT_EQ(resumed.all<EvaluationCompleted>().back().loss, whole.all<EvaluationCompleted>().back().loss);
}

TEST_F(MaskedWordsTest, AnAdapterLeavesTheHeadToTheBaseModel) {
  auto run = configFor(makeMaskedModel("bert"));
  run.method = Method::Lora;
  run.steps = 20;
  trained(run);
  const auto report =
      engine_->exportRun({.runDirectory = run.out, .destination = path("peft"), .as = ExportForm::Peft});
  ASSERT_TRUE(report) << report.error().message;
  const auto config = readJson(path("peft") / "adapter_config.json");
  EXPECT_TRUE(config.at("task_type").is_null());
  EXPECT_TRUE(config.at("modules_to_save").is_null());
  EXPECT_LT(report->largestLogitDifference, 1e-5);
  const auto merged = engine_->exportRun({.runDirectory = path("peft"), .destination = path("again")});
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(readJson(path("again") / "config.json").at("architectures"), json({"BertForMaskedLM"}));
  EXPECT_NEAR(lossOf(path("again"), run), lossOf(run.out, run), 1e-5);

  // One that trains the token table beside it has no such form: the output layer is the table.
  run.trainAlso = "*word_embeddings";
  run.out = path("tables");
  run.steps = 2;
  run.resampleEvery = {};
  trained(run);
  const auto tables =
      engine_->exportRun({.runDirectory = run.out, .destination = path("peft2"), .as = ExportForm::Peft});
  ASSERT_FALSE(tables);
  expectContains(tables.error().message, {"tied"});
}

TEST_F(MaskedWordsTest, ItsWordsAreShownAsTheModelSeesThem) {
  auto run = configFor(makeMaskedModel("bert"));
  run.maskRate = 0.5;
  const auto preview = engine_->previewData(run, 0, 4);
  ASSERT_TRUE(preview) << preview.error().message;
  ASSERT_EQ(preview->rows.size(), 4U);
  std::int64_t masks = 0;
  for (const auto& row : preview->rows) {
    EXPECT_GT(row.targets, 0);
    EXPECT_LT(row.targets, std::ssize(row.tokens));
    EXPECT_FALSE(row.label.empty());
    for (const auto& token : row.tokens) {
      if (token.id != kMaskId) continue;
      EXPECT_TRUE(token.counts) << "a hidden word is to be guessed";
      ++masks;
    }
  }
  EXPECT_GT(masks, 0);
}

TEST_F(MaskedWordsTest, AClassifierOfSuchAModelIsAsBefore) {
  const auto model = makeMaskedModel("bert");
  std::string rows;
  for (int i = 0; i < 16; ++i) rows += json{{"text", i % 2 == 0 ? "a cat" : "a dog"}, {"label", i % 2}}.dump() + "\n";
  writeText(path("labels.jsonl"), rows);
  auto run = labelledConfig(model, Task::Classification, path("labels.jsonl"), path("labels.jsonl"));
  run.text = "text";
  run.label = "label";
  run.steps = 2;
  run.resampleEvery = {};
  trained(run);
  ASSERT_TRUE(engine_->exportRun({run.out, path("classes"), "last"}));
  EXPECT_EQ(readJson(path("classes") / "config.json").at("architectures"), json({"BertForSequenceClassification"}));

  // And is none that guesses words, whatever class its files are said to be.
  const auto masked = configFor(path("classes"));
  const auto toldOf = [&] {
    const auto plan = engine_->plan(masked);
    EXPECT_FALSE(plan.problems.empty());
    return plan.problems.empty() ? std::string() : plan.problems.front().message;
  };
  expectContains(toldOf(), {"BertForSequenceClassification", "class BertForMaskedLM"});
  const auto refused = engine_->evaluate({path("classes"), masked});
  ASSERT_FALSE(refused);
  expectContains(refused.error().message, {"Choose --task classification"});
  auto config = readJson(path("classes") / "config.json");
  config["architectures"] = {"BertForPreTraining"};
  writeText(path("classes") / "config.json", config.dump());
  expectContains(toldOf(), {"no tensor 'cls.predictions.transform.dense.weight'", "class BertForMaskedLM"});
}

TEST_F(MaskedWordsTest, AClassForPretrainingThatHasTheLayerWillDo) {
  const auto model = makeMaskedModel("bert");
  auto config = readJson(model / "config.json");
  config["architectures"] = {"BertForPreTraining"};
  writeText(model / "config.json", config.dump());
  auto run = configFor(model);
  run.method = Method::Lora;
  run.steps = 2;
  Recorder events;
  trainedAsPlanned(run, events);
  ASSERT_TRUE(engine_->exportRun({run.out, path("merged"), "last"}));
  EXPECT_EQ(readJson(path("merged") / "config.json").at("architectures"), json({"BertForMaskedLM"}));
  const auto peft = engine_->exportRun({.runDirectory = run.out, .destination = path("peft"), .as = ExportForm::Peft});
  EXPECT_TRUE(peft) << peft.error().message;
}

TEST_F(MaskedWordsTest, WhatItCannotDoIsTold) {
  const auto firstProblem = [&](const RunConfig& config) {
    const auto plan = engine_->plan(config);
    EXPECT_FALSE(plan.problems.empty());
    const auto told = plan.problems.empty() ? std::string() : plan.problems.front().message;
    Recorder events;
    auto run = engine_->train(config, events);
    if (run) (*run)->wait();
    EXPECT_FALSE(run && (*run)->succeeded());
    return told;
  };
  expectContains(firstProblem(configFor(sampleModel())), {"needs an encoder", "Choose task lm"});

  const auto model = makeMaskedModel("electra");
  const auto config = readText(model / "config.json");
  const auto with = [&](const char* key, const json& value) {
    auto changed = json::parse(config);
    changed[key] = value;
    writeText(model / "config.json", changed.dump());
    return configFor(model);
  };
  expectContains(firstProblem(with("tie_word_embeddings", false)), {"tie_word_embeddings", "Choose a checkpoint"});
  writeText(model / "config.json", config);

  auto settings = readJson(model / "tokenizer_config.json");
  settings.erase("mask_token");
  writeText(model / "tokenizer_config.json", settings.dump());
  expectContains(firstProblem(configFor(model)), {"names no mask token", "mask_token"});
}

}  // namespace
}  // namespace rosa::test
