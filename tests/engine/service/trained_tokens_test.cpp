// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include "engine/service/service_fixture.h"
#include "engine/service/stored_model.h"

/// Rows of single tokens that train beside a method (train-tokens), from the plan to the export.
namespace rosa::test {
namespace {

class TrainedTokens : public ServiceTest {
 protected:
  RunConfig config(Method method = Method::Rosa, const std::string& name = "run") {
    auto made = e2eConfig(name);
    made.method = method;
    made.trainTokens = "</s>,the";
    made.saveEvery = {Interval::Unit::Steps, 2};
    made.resampleEvery = {Interval::Unit::Steps, 2};
    made.keepCheckpoints = 9;
    return made;
  }

  [[nodiscard]] static std::vector<std::int64_t> changedRows(const at::Tensor& before, const at::Tensor& after) {
    std::vector<std::int64_t> rows;
    for (std::int64_t row = 0; row < before.size(0); ++row) {
      if (!at::equal(before[row], after[row])) rows.push_back(row);
    }
    return rows;
  }

  std::string problem(const RunConfig& run, const std::string& key) {
    for (const auto& one : engine_->plan(run).problems) {
      if (one.key == key) return one.message;
    }
    return "";
  }
};

TEST_F(TrainedTokens, AloneOfTheTableChangeInTheExport) {
  for (const auto method : {Method::Rosa, Method::Lora}) {
    for (const auto weights : {WeightType::Fp32, WeightType::Bf16, WeightType::Int8}) {
      SCOPED_TRACE(testing::Message() << static_cast<int>(method) << " " << static_cast<int>(weights));
      auto run = config(method);
      run.weights = weights;
      trained(run);
      const auto report = engine_->exportRun({run.out, path("merged"), "last"});
      ASSERT_TRUE(report) << report.error().message;
      EXPECT_TRUE(report->equal) << report->largestLogitDifference;
      const auto table = [](const fs::path& model) {
        return tensorIn(openedModel(model), "model.embed_tokens.weight");
      };
      auto before = table(sampleModel());
      if (weights != WeightType::Fp32) before = before.to(at::kBFloat16).to(at::kFloat);
      const auto changed = changedRows(before, table(path("merged")));
      ASSERT_EQ(changed.size(), 2U);
      EXPECT_EQ(changed[0], 2);  // </s>
      auto data = *engine_->runConfig(run.out);
      EXPECT_NEAR(lossOf(run.out, data), lossOf(path("merged"), data), 1e-5);
      fs::remove_all(run.out);
      fs::remove_all(path("merged"));
    }
  }
}

TEST_F(TrainedTokens, AreResumedBitForBit) {
  const auto run = config();
  trained(run);
  const auto last = run.out / "checkpoints" / "step-000004" / "state.safetensors";
  const auto whole = readText(last);
  ASSERT_FALSE(whole.empty());
  fs::remove_all(last.parent_path());
  Recorder events;
  auto resumed = engine_->resume(run.out, events, {});
  ASSERT_TRUE(resumed) << resumed.error().message;
  (*resumed)->wait();
  ASSERT_TRUE((*resumed)->succeeded());
  EXPECT_EQ(readText(last), whole);
}

TEST_F(TrainedTokens, AreRowsOfAPeftAdapter) {
  for (const auto method : {Method::Rosa, Method::Lora, Method::Dora}) {
    SCOPED_TRACE(static_cast<int>(method));
    auto run = config(method);
    run.rank.value = std::int64_t{2};
    trained(run);
    const auto report = engine_->exportRun({run.out, path("adapter"), "last", ExportForm::Peft});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->equal) << report->largestLogitDifference;
    const auto written = readJson(path("adapter") / "adapter_config.json");
    const auto& ids = written.at("trainable_token_indices").at("model.embed_tokens");
    ASSERT_EQ(ids.size(), 2U);
    EXPECT_EQ(ids[0], 2);
    const auto data = *engine_->runConfig(run.out);
    EXPECT_NEAR(lossOf(sampleModel(), data, path("adapter")), lossOf(run.out, data), 1e-5);
    fs::remove_all(run.out);
    fs::remove_all(path("adapter"));
  }
  const auto run = config(Method::Ia3);
  trained(run);
  const auto refused = engine_->exportRun({run.out, path("adapter"), "last", ExportForm::Peft});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("IA3 there has no rows of single tokens"), std::string::npos);
}

TEST_F(TrainedTokens, OfAnAdapterAreMergedUnderAnotherMethodAlone) {
  auto run = config(Method::Lora);
  trained(run);
  ASSERT_TRUE(engine_->exportRun({run.out, path("adapter"), "last", ExportForm::Peft}));
  auto next = config(Method::Lora, "next");
  next.adapter = path("adapter");
  EXPECT_NE(problem(next, "adapter").find("trainable_token_indices"), std::string::npos);
  next.method = Method::Rosa;
  for (const auto& wrong : engine_->plan(next).problems) ADD_FAILURE() << wrong.message;
  auto config = readJson(path("adapter") / "adapter_config.json");
  config["trainable_token_indices"]["model.embed_tokens"] = {2, 600};
  writeText(path("adapter") / "adapter_config.json", config.dump());
  EXPECT_NE(problem(next, "adapter").find("fit no table"), std::string::npos);
  config["trainable_token_indices"]["model.embed_tokens"] = {2};
  writeText(path("adapter") / "adapter_config.json", config.dump());
  EXPECT_NE(problem(next, "adapter").find("names 1 rows of this table"), std::string::npos);
  config["trainable_token_indices"] = {{"model.embed_tokens", {2, -1}}};
  writeText(path("adapter") / "adapter_config.json", config.dump());
  EXPECT_NE(problem(next, "adapter").find("a list of token ids"), std::string::npos);
}

TEST_F(TrainedTokens, OfAnUntiedModelTrainInBothTables) {
  const auto model = makeModel("llama");
  auto run = config();
  run.model = model;
  run.trainTokens = "</s>";
  const auto with = engine_->plan(run);
  for (const auto& wrong : with.problems) ADD_FAILURE() << wrong.message;
  run.trainTokens.clear();
  const auto without = engine_->plan(run);
  const auto width = readJson(model / "config.json").at("hidden_size").get<std::int64_t>();
  const bool tied = readJson(model / "config.json").value("tie_word_embeddings", false);
  EXPECT_EQ(with.trainableParameters - without.trainableParameters, (tied ? 1 : 2) * width);
  EXPECT_GT(with.memory.momentsBytes, without.memory.momentsBytes);
}

TEST_F(TrainedTokens, MistakesNameTheTokenAndTheRemedy) {
  auto run = config();
  run.trainTokens = "</s>,<|no such token|>";
  EXPECT_NE(problem(run, "train-tokens").find("\"<|no such token|>\" is no token of this model's vocabulary"),
            std::string::npos);
  run.trainTokens = "auto";
  EXPECT_NE(problem(run, "train-tokens").find("Name the token itself"), std::string::npos);
  run.trainTokens = "</s>";
  run.trainAlso = "model.embed_tokens";
  EXPECT_NE(problem(run, "train-tokens").find("all rows of model.embed_tokens.weight train already"),
            std::string::npos);
  Recorder events;
  const auto begun = engine_->train(run, events);
  ASSERT_FALSE(begun);
  EXPECT_NE(begun.error().message.find("train already"), std::string::npos) << begun.error().message;
  run.trainAlso.clear();
  run.method = Method::Full;
  EXPECT_NE(problem(run, "train-tokens").find("method full trains all of them"), std::string::npos);
  run.method = Method::Rosa;
  run.task = Task::Classification;
  EXPECT_NE(problem(run, "train-tokens").find("only tasks lm and completion"), std::string::npos);
}

}  // namespace
}  // namespace rosa::test
