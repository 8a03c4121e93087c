// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <random>
#include <set>

#include "checkpoint/model_folder.h"
#include "checkpoint/peft_adapter.h"
#include "engine/service/service_fixture.h"

/// A headless checkpoint becomes a classifier or a regressor: trained, exported, loaded again.
namespace rosa::test {
namespace {

class ClassifierTest : public ServiceTest {
 protected:
  /// A base model as published ones are: without a head.
  fs::path headlessModel(const std::string& arch) {
    const auto model = makeModel(arch);
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

  [[nodiscard]] RunConfig configFor(const std::string& arch, Task task,
                                    const std::vector<std::pair<std::string, std::string>>& wordAndLabel) {
    writeText(path("train.csv"), rows(wordAndLabel, 1));
    writeText(path("valid.csv"), rows(wordAndLabel, 2));
    RunConfig made = labelledConfig(headlessModel(arch), task, path("train.csv"), path("valid.csv"));
    made.text = "sentence";
    made.textPair = "other";
    made.label = "label";
    made.steps = 90;
    return made;
  }
};

class Classifier : public ClassifierTest, public testing::WithParamInterface<std::string> {
 protected:
  [[nodiscard]] RunConfig config(Task task, const std::vector<std::pair<std::string, std::string>>& wordAndLabel) {
    return configFor(GetParam(), task, wordAndLabel);
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
  const auto again = evaluatedAsValidated(path("merged"), run);
  EXPECT_EQ(again.examples, 48);
  EXPECT_NEAR(again.loss, live.loss, 1e-5);
  EXPECT_EQ(valueOf(again.metrics, "accuracy"), valueOf(live.metrics, "accuracy"));
  const auto summary = engine_->inspectModel(path("merged"));
  ASSERT_TRUE(summary);
}

TEST_P(Classifier, ARunTellsOnItsOwnValidationRowsWhatItTakesForWhat) {
  auto run = config(Task::Classification, {{"sunny", "good"}, {"rainy", "bad"}, {"grey", "neither"}});
  run.steps = 2;
  run.resampleEvery = {Interval::Unit::Steps, 1};
  Recorder events;
  trained(run, events);
  const auto live = events.all<EvaluationCompleted>().back();
  EvaluationRequest request{run.out};
  request.mistakes = 5;
  const auto report = engine_->evaluate(request);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->examples, live.examples);
  EXPECT_NEAR(report->loss, live.loss, 1e-6);
  EXPECT_EQ(report->metrics, live.metrics);

  ASSERT_TRUE(report->review);
  const auto& [classes, counts, mistakes] = *report->review;
  EXPECT_EQ(std::set<std::string>(classes.begin(), classes.end()), (std::set<std::string>{"bad", "good", "neither"}));
  std::int64_t all = 0, right = 0;
  for (std::size_t truth = 0; truth < counts.size(); ++truth) {
    for (std::size_t predicted = 0; predicted < counts.size(); ++predicted) {
      all += counts[truth][predicted];
      if (truth == predicted) right += counts[truth][predicted];
    }
  }
  EXPECT_EQ(all, 48);
  EXPECT_NEAR(static_cast<double>(right) / 48, valueOf(live.metrics, "accuracy"), 1e-9);
  ASSERT_EQ(mistakes.size(), 5U) << "two steps teach little";
  for (std::size_t i = 0; i < mistakes.size(); ++i) {
    const auto& mistake = mistakes[i];
    EXPECT_NE(mistake.truth, mistake.predicted);
    EXPECT_GE(mistake.loss, -std::log(mistake.probability)) << "the predicted class is the likelier one";
    if (i > 0) {
      EXPECT_LE(mistake.loss, mistakes[i - 1].loss);
    }
    const std::string word = mistake.truth == "good" ? "sunny" : mistake.truth == "bad" ? "rainy" : "grey";
    EXPECT_NE(mistake.text.find(word), std::string::npos) << mistake.text;
  }
  fs::remove(path("valid.csv"));
  const auto gone = engine_->evaluate(request);
  ASSERT_FALSE(gone);
  expectContains(gone.error().message, {run.out.string(), "not there any more", "--data"});
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
  const auto again = evaluatedAsValidated(path("merged"), run);
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

/// What an encoder is called, and the layers of its head that train.
struct EncoderCase {
  const char* arch;
  const char* className;
  std::set<std::string> head;
};

void PrintTo(const EncoderCase& tested, std::ostream* out) {
  *out << tested.arch;
}

const std::vector<EncoderCase>& encoders() {
  static const std::vector<EncoderCase> kAll = {
      {"bert", "BertForSequenceClassification", {"classifier"}},
      {"roberta", "RobertaForSequenceClassification", {"classifier.dense", "classifier.out_proj"}},
      {"xlm-roberta", "XLMRobertaForSequenceClassification", {"classifier.dense", "classifier.out_proj"}},
      {"distilbert", "DistilBertForSequenceClassification", {"pre_classifier", "classifier"}},
      {"electra", "ElectraForSequenceClassification", {"classifier.dense", "classifier.out_proj"}},
      {"albert", "AlbertForSequenceClassification", {"classifier"}},
      {"modernbert", "ModernBertForSequenceClassification", {"head.dense", "head.norm", "classifier"}},
      {"deberta", "DebertaV2ForSequenceClassification", {"pooler.dense", "classifier"}},
      {"deberta-v2", "DebertaV2ForSequenceClassification", {"pooler.dense", "classifier"}},
  };
  return kAll;
}

class EveryEncoder : public ClassifierTest, public testing::WithParamInterface<EncoderCase> {
 protected:
  [[nodiscard]] RunConfig shortRun() {
    auto made =
        configFor(GetParam().arch, Task::Classification, {{"sunny", "good"}, {"rainy", "bad"}, {"grey", "neither"}});
    made.rank = {std::int64_t{4}};
    made.steps = 6;
    made.resampleEvery = {Interval::Unit::Steps, 3};
    return made;
  }
};
INSTANTIATE_TEST_SUITE_P(Every, EveryEncoder, testing::ValuesIn(encoders()), [](const auto& tested) {
  std::string name = tested.param.arch;
  std::erase(name, '-');
  return name;
});

TEST_P(EveryEncoder, IsTrainedByEveryKindOfMethodExportedAndReopened) {
  auto run = shortRun();
  for (const auto method : {Method::Rosa, Method::Lora, Method::Full}) {
    SCOPED_TRACE(static_cast<int>(method));
    run.method = method;
    run.out = path("run" + std::to_string(static_cast<int>(method)));
    const auto plan = engine_->plan(run);
    Recorder events;
    trained(run, events);
    EXPECT_EQ(plan.trainableParameters, events.all<RunStarted>()[0].trainableParameters);
    const auto steps = events.all<StepCompleted>();
    ASSERT_EQ(steps.size(), 6U);

    const auto merged = path("merged" + std::to_string(static_cast<int>(method)));
    const auto report = engine_->exportRun({run.out, merged, "last"});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_LT(report->largestLogitDifference, 1e-5);
    EXPECT_EQ(readJson(merged / "config.json").at("architectures"), json({GetParam().className}));
    const auto live = events.all<EvaluationCompleted>().back();
    EXPECT_NEAR(evaluatedAsValidated(merged, run).loss, live.loss, 1e-5);
  }
}

/// What PEFT does not find in modules_to_save it draws anew. The report's difference is that of the adapter read back.
TEST_P(EveryEncoder, AnAdapterTakesTheWholeHeadAlong) {
  auto run = shortRun();
  run.method = Method::Lora;
  trained(run);
  const auto report = engine_->exportRun({run.out, path("peft"), "last", ExportForm::Peft});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_LT(report->largestLogitDifference, 1e-5);
  const auto adapter = checkpoint::PeftAdapter::open(base::FileSystem::real(), path("peft"));
  ASSERT_TRUE(adapter) << adapter.error().message;
  std::set<std::string> saved;
  for (const auto& tensor : adapter->saved()) {
    const auto module = tensor.name.substr(0, tensor.name.rfind('.'));
    saved.insert(module);
    EXPECT_TRUE(adapter->config().savesModule(module) || module.starts_with("classifier.")) << module;
  }
  for (const auto& module : GetParam().head) EXPECT_TRUE(saved.contains(module)) << module;
}

}  // namespace
}  // namespace rosa::test
