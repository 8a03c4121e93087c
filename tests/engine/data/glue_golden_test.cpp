// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "data/examples.h"
#include "data/summary.h"
#include "read_rows.h"
#include "support/golden.h"
#include "temporary_folder.h"
#include "word_encoder.h"

namespace rosa::data {
namespace {

using Json = nlohmann::json;

struct GlueTask {
  Task task = Task::Classification;
  std::string text, textPair, label;
};

/// The settings a user gives for each task's files.
const std::map<std::string, GlueTask> kTasks = {
    {"CoLA", {Task::Classification, "4", "", "2"}},
    {"SST-2", {Task::Classification, "sentence", "", "label"}},
    {"MRPC", {Task::Classification, "#1 String", "#2 String", "Quality"}},
    {"RTE", {Task::Classification, "sentence1", "sentence2", "label"}},
    {"STS-B", {Task::Regression, "sentence1", "sentence2", "score"}},
    {"WNLI", {Task::Classification, "sentence1", "sentence2", "label"}},
};

class GlueGolden : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto data = test::dataDirectory();
    folder_ = data / "glue" / GetParam();
    std::ifstream facts(data / "golden-facts.json");
    if (!facts || !std::filesystem::exists(folder_)) GTEST_SKIP() << folder_ << " or its golden-facts.json is missing";
    facts_ = Json::parse(facts).at("glue").at(GetParam());
    const GlueTask& task = kTasks.at(GetParam());
    spec_.task = task.task;
    spec_.text = task.text;
    spec_.textPair = task.textPair;
    spec_.label = task.label;
  }

  ExampleSet read(const char* part, const LabelMap* labels = nullptr) {
    auto set = readExamples(folder_ / (std::string(part) + ".tsv"), spec_, encoder_, {labels, 1, {}});
    EXPECT_EQ(messageOf(set), "");
    return set ? *std::move(set) : ExampleSet();
  }

  void expectLabels(const Json& expected, const ExampleSet& set) {
    if (spec_.task == Task::Regression) {
      double sum = 0;
      for (const auto& example : set.examples) sum += example.value;
      EXPECT_NEAR(sum / static_cast<double>(set.examples.size()), expected.at("mean").get<double>(), 5e-5);
      return;
    }
    std::map<std::string, int> counts;
    for (const auto& example : set.examples) ++counts[set.labels.names().at(static_cast<std::size_t>(example.label))];
    EXPECT_EQ(Json(counts), expected);
  }

  std::filesystem::path folder_;
  Json facts_;
  ExampleSpec spec_;
  WordEncoder encoder_;
};

TEST_P(GlueGolden, RowsAndLabelsAreThePublishedOnes) {
  const auto train = read("train");
  const auto dev = read("dev", spec_.task == Task::Classification ? &train.labels : nullptr);
  EXPECT_EQ(train.examples.size(), facts_.at("rows").at(0).get<std::size_t>());
  EXPECT_EQ(dev.examples.size(), facts_.at("rows").at(1).get<std::size_t>());
  expectLabels(facts_.at("train"), train);
  expectLabels(facts_.at("dev"), dev);
  const auto test = readAll(folder_ / "test.tsv");
  EXPECT_EQ(test.error, "");
  EXPECT_EQ(test.rows.size(), facts_.at("rows").at(2).get<std::size_t>());
}

TEST_P(GlueGolden, TheFolderIsRecognised) {
  const auto summary = summarise(folder_);
  ASSERT_TRUE(summary) << messageOf(summary);
  EXPECT_EQ(summary->rows, facts_.at("rows").at(0).get<std::int64_t>());
  EXPECT_EQ(summary->validationRows, facts_.at("rows").at(1).get<std::int64_t>());
  EXPECT_EQ(summary->suggestedTask, spec_.task == Task::Regression ? "regression" : "classification");
  EXPECT_EQ(summary->suggestedText, spec_.text);
  EXPECT_EQ(summary->suggestedTextPair, spec_.textPair);
  EXPECT_EQ(summary->suggestedLabel, spec_.label);
}

INSTANTIATE_TEST_SUITE_P(Tasks, GlueGolden, testing::Values("CoLA", "SST-2", "MRPC", "RTE", "STS-B", "WNLI"),
                         [](const auto& task) {
                           std::string name = task.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace rosa::data
