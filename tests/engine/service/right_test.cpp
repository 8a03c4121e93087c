// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file.h"
#include "checkpoint/model_folder.h"
#include "service_fixture.h"

namespace rosa::test {
namespace {

/// Pains that other trainers' users met and that no other test stands for (resources/guide/right.md).
class Right : public ServiceTest {
 protected:
  /// The sample model with a tokenizer that knows only the first `known` of its 512 tokens.
  fs::path modelWithSpareRows(std::int64_t known) {
    const auto model = copyOfSampleModel();
    auto tokenizer = readJson(model / "tokenizer.json");
    auto& vocabulary = tokenizer["model"]["vocab"];
    for (auto entry = vocabulary.begin(); entry != vocabulary.end();) {
      entry = entry.value().get<std::int64_t>() >= known ? vocabulary.erase(entry) : std::next(entry);
    }
    auto kept = json::array();
    for (const auto& merge : tokenizer["model"]["merges"]) {
      const auto text = merge.is_string() ? merge.get<std::string>() : std::string();
      const auto left = merge.is_string() ? text.substr(0, text.find(' ')) : merge[0].get<std::string>();
      const auto right = merge.is_string() ? text.substr(text.find(' ') + 1) : merge[1].get<std::string>();
      if (vocabulary.contains(left) && vocabulary.contains(right) && vocabulary.contains(left + right)) {
        kept.push_back(merge);
      }
    }
    tokenizer["model"]["merges"] = kept;
    writeText(model / "tokenizer.json", tokenizer.dump());
    return model;
  }
};

TEST_F(Right, AVocabularyLargerThanTheTokenizersKeepsItsSpareRows) {
  auto config = e2eConfig();
  config.model = modelWithSpareRows(500);
  config.maxLength = 512;
  trained(config);
  const auto report = engine_->exportRun({config.out, path("merged"), "last"});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_LT(report->largestLogitDifference, 1e-5);
  EXPECT_EQ(readJson(path("merged") / "config.json").at("vocab_size"), 512);
  const auto merged = checkpoint::ModelFolder::open(base::FileSystem::real(), path("merged"));
  ASSERT_TRUE(merged) << merged.error().message;
  ASSERT_NE(merged->find("model.embed_tokens.weight"), nullptr);
  EXPECT_EQ(merged->find("model.embed_tokens.weight")->shape.front(), 512);
}

/// Batches are a matter of speed alone, in every task and with texts of unequal length.
TEST_F(Right, AnEvaluationIsTheSameWhateverItsBatch) {
  writeText(path("rows.csv"),
            "text,label\na,1\nb b b b b b b,0\nc c,1\nd d d d d d d d d d d d d d,0\ne e e,1\nf f,0\ng,1\n");
  const auto model = makeModel("gpt2");
  for (const auto task : {Task::LanguageModelling, Task::Classification, Task::Regression}) {
    auto config = e2eConfig("task" + std::to_string(static_cast<int>(task)));
    config.model = model;
    config.maxLength = 128;
    config.task = task;
    config.prompt.clear();
    config.completion.clear();
    config.text = "text";
    if (task != Task::LanguageModelling) config.label = "label";
    config.data = path("rows.csv");
    config.valid = path("rows.csv");
    config.maxRows = 0;
    config.resampleEvery = {};
    std::vector<double> losses;
    for (const std::int64_t batch : {1, 2, 7}) {
      auto one = config;
      one.batch = batch;
      one.steps = 1;
      one.learningRate = 1e-12;  // the weights stay where they are
      one.warmup = {0, std::nullopt};
      one.out = path("batch" + std::to_string(static_cast<int>(task)) + std::to_string(batch));
      Recorder events;
      trained(one, events);
      losses.push_back(events.all<EvaluationCompleted>().at(0).loss);
    }
    EXPECT_NEAR(losses[1], losses[0], 1e-5 * losses[0]);
    EXPECT_NEAR(losses[2], losses[0], 1e-5 * losses[0]);
  }
}

}  // namespace
}  // namespace rosa::test
