// SPDX-License-Identifier: GPL-3.0-or-later
#include <random>

#include "checkpoint/model_folder.h"
#include "engine/service/service_fixture.h"

/// A headless checkpoint becomes a classifier or a regressor: trained, exported, loaded again.
namespace rosa::test {
namespace {

class Classifier : public ServiceTest, public testing::WithParamInterface<std::string> {
 protected:
  /// A base model as published ones are: without a head.
  fs::path headlessModel() {
    const auto model = makeModel(GetParam());
    const auto opened = checkpoint::ModelFolder::open(base::FileSystem::real(), model);
    EXPECT_TRUE(opened);
    for (const auto* entry : opened->entries()) {
      EXPECT_EQ(entry->name.find("classifier"), std::string::npos) << "a headless model is needed here";
    }
    return model;
  }

  /// Rows whose label is told by one word in them.
  static std::string rows(const std::vector<std::pair<std::string, std::string>>& wordAndLabel, unsigned seed) {
    std::mt19937 random(seed);
    std::string text = "sentence,other,label\n";
    for (int i = 0; i < 48; ++i) {
      const auto& [word, label] = wordAndLabel[random() % wordAndLabel.size()];
      text += "once a " + word + " day,the " + (random() % 2 == 0 ? "cat" : "dog") + " ran," + label + "\n";
    }
    return text;
  }

  [[nodiscard]] RunConfig config(Task task, const std::vector<std::pair<std::string, std::string>>& wordAndLabel) {
    writeText(path("train.csv"), rows(wordAndLabel, 1));
    writeText(path("valid.csv"), rows(wordAndLabel, 2));
    RunConfig made = e2eConfig();
    made.model = headlessModel();
    made.data = path("train.csv");
    made.valid = path("valid.csv");
    made.task = task;
    made.prompt.clear();
    made.completion.clear();
    made.text = "sentence";
    made.textPair = "other";
    made.label = "label";
    made.maxLength = 64;
    made.batch = 8;
    made.steps = 90;
    made.resampleEvery = {Interval::Unit::Steps, 30};
    made.learningRate = 5e-3;
    made.seed = 4;
    return made;
  }

  [[nodiscard]] EvaluationReport evaluate(const fs::path& model, const RunConfig& trainedWith) {
    EvaluationRequest request;
    request.model = model;
    request.data = trainedWith;
    request.data.data = *trainedWith.valid;
    request.data.valid.reset();
    const auto report = engine_->evaluate(request);
    EXPECT_TRUE(report) << report.error().message;
    return report ? *report : EvaluationReport{};
  }
};
INSTANTIATE_TEST_SUITE_P(Every, Classifier, testing::Values("bert", "roberta"),
                         [](const auto& tested) { return tested.param; });

TEST_P(Classifier, StringLabelsAreTrainedExportedAndReadBack) {
  const auto run = config(Task::Classification, {{"sunny", "good"}, {"rainy", "bad"}, {"grey", "neither"}});
  const auto plan = engine_->plan(run);
  Recorder events;
  trained(run, events);
  EXPECT_EQ(plan.trainableParameters, events.all<RunStarted>()[0].trainableParameters) << "a head of three classes";
  const auto evaluations = events.all<EvaluationCompleted>();
  ASSERT_FALSE(evaluations.empty());
  const auto& live = evaluations.back();
  EXPECT_EQ(live.step, 90);
  EXPECT_GT(valueOf(live.metrics, "accuracy"), 0.5) << "three classes told by one word are learnt";

  const auto report = engine_->exportRun({run.out, path("merged"), "last"});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_LT(report->largestLogitDifference, 1e-5);
  EXPECT_EQ(report->comparedLogits % 3, 0);

  const auto exported = readJson(path("merged") / "config.json");
  const bool bert = GetParam() == "bert";
  EXPECT_EQ(exported.at("architectures"),
            json({bert ? "BertForSequenceClassification" : "RobertaForSequenceClassification"}));
  EXPECT_EQ(exported.at("num_labels"), 3);
  EXPECT_EQ(exported.at("id2label").size(), 3U);
  for (const auto& [id, name] : exported.at("id2label").items()) {
    EXPECT_EQ(exported.at("label2id").at(name.get<std::string>()), std::stoi(id));
  }
  std::set<std::string> names;
  for (const auto& [name, id] : exported.at("label2id").items()) names.insert(name);
  EXPECT_EQ(names, (std::set<std::string>{"bad", "good", "neither"}));

  // The folder alone, read from disk, says what the live model said, labels by name included.
  const auto again = evaluate(path("merged"), run);
  EXPECT_EQ(again.examples, 48);
  EXPECT_NEAR(again.loss, live.loss, 1e-5);
  EXPECT_EQ(valueOf(again.metrics, "accuracy"), valueOf(live.metrics, "accuracy"));
  const auto summary = engine_->inspectModel(path("merged"));
  ASSERT_TRUE(summary);
}

TEST_P(Classifier, NumbersAreTrainedExportedAndReadBack) {
  const auto run = config(Task::Regression, {{"sunny", "4.5"}, {"rainy", "1.0"}, {"grey", "2.5"}});
  Recorder events;
  trained(run, events);
  const auto live = events.all<EvaluationCompleted>().back();
  const auto report = engine_->exportRun({run.out, path("merged"), "last"});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_LT(report->largestLogitDifference, 1e-5);
  const auto exported = readJson(path("merged") / "config.json");
  EXPECT_EQ(exported.at("num_labels"), 1);
  EXPECT_EQ(exported.at("problem_type"), "regression");
  const auto again = evaluate(path("merged"), run);
  EXPECT_NEAR(again.loss, live.loss, 1e-4 * live.loss);
  EXPECT_NEAR(valueOf(again.metrics, "pearson"), valueOf(live.metrics, "pearson"), 1e-4);
}

TEST_P(Classifier, AnExportedClassifierIsTrainedOnAndKeepsItsLabels) {
  auto run = config(Task::Classification, {{"sunny", "good"}, {"rainy", "bad"}});
  trained(run);
  ASSERT_TRUE(engine_->exportRun({run.out, path("merged"), "last"}));
  run.model = path("merged");
  run.out = path("second");
  run.steps = 2;
  run.resampleEvery = {};
  trained(run);
  ASSERT_TRUE(engine_->exportRun({run.out, path("again"), "last"}));
  EXPECT_EQ(readJson(path("again") / "config.json").at("id2label"),
            readJson(path("merged") / "config.json").at("id2label"));
}

TEST_P(Classifier, AModelWithoutAHeadIsNotEvaluated) {
  const auto run = config(Task::Classification, {{"sunny", "good"}, {"rainy", "bad"}});
  EvaluationRequest request{run.model, run};
  request.data.valid.reset();
  const auto report = engine_->evaluate(request);
  ASSERT_FALSE(report);
  expectContains(report.error().message, {run.model.string(), "head"});
}

}  // namespace
}  // namespace rosa::test
