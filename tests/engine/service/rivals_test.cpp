// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/service/service_fixture.h"

/// Every method through the engine: what a plan says of it, what an export makes of it, PEFT adapters there and back.
namespace rosa::test {
namespace {

struct Rival {
  const char* name;
  Method method;
  LoraStart start = LoraStart::Kaiming;
};

constexpr Rival kKinds[] = {{"rosa", Method::Rosa},
                            {"lora", Method::Lora},
                            {"pissa", Method::Lora, LoraStart::Pissa},
                            {"dora", Method::Dora},
                            {"dora_pissa", Method::Dora, LoraStart::Pissa},
                            {"ia3", Method::Ia3},
                            {"relora", Method::Relora},
                            {"galore", Method::Galore},
                            {"full", Method::Full},
                            {"bitfit", Method::Bitfit}};

/// GPT-2's layers have biases and lie the other way round than Llama's.
class Rivals : public ServiceTest {
 protected:
  RunConfig configOf(const Rival& kind, const fs::path& model, const std::string& name) {
    auto run = e2eConfig(name);
    run.model = model;
    run.maxLength = 128;
    run.method = kind.method;
    run.loraStart = kind.start;
    run.rank = Rank{std::int64_t{2}};
    run.resampleEvery = {Interval::Unit::Steps, 2};
    run.learningRate = 5e-3;
    run.evalEvery = {};
    run.validationSplit = 0;
    run.dropout = 0;
    return run;
  }
  static std::string problem(const Expected<ExportReport>& report) {
    EXPECT_FALSE(report);
    return report ? "" : report.error().message;
  }
  Expected<ExportReport> exported(const RunConfig& run, const std::string& to, ExportForm as, std::int64_t rank = 0) {
    return engine_->exportRun({run.out, path(to), "last", as, rank});
  }
};

class EveryMethod : public Rivals, public testing::WithParamInterface<Rival> {};

TEST_P(EveryMethod, IsPlannedTrainedAndMerged) {
  const auto& kind = GetParam();
  const auto run = configOf(kind, makeModel("gpt2"), kind.name);
  Recorder events;
  trainedAsPlanned(run, events);
  const bool cycles = kind.method == Method::Rosa || kind.method == Method::Relora || kind.method == Method::Galore;
  EXPECT_EQ(events.all<ResampleCompleted>().size(), cycles ? 2U : 0U);

  const auto report = exported(run, "merged", ExportForm::Merged);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_LT(report->largestLogitDifference, 1e-5);
  EXPECT_NE(readText(path("merged") / "model.safetensors"), readText(run.model / "model.safetensors"));
}

TEST_P(EveryMethod, IsAPeftAdapterOrSaysWhyNot) {
  const auto& kind = GetParam();
  for (const char* arch : {"gpt2", "llama"}) {
    if (kind.method == Method::Bitfit && std::string(arch) == "llama") continue;  // it has no biases
    auto run = configOf(kind, makeModel(arch), std::string(kind.name) + arch);
    if (kind.method == Method::Galore) run.weightDecay = 0;  // W's decay moves it in every direction
    trained(run);
    const auto to = std::string("peft_") + arch;
    if (kind.method == Method::Full) {
      expectContains(problem(exported(run, to, ExportForm::Peft)), {"is tied", "merged"});
      continue;
    }
    if (kind.method == Method::Bitfit) {
      expectContains(problem(exported(run, to, ExportForm::Peft)), {"bitfit", "no linear layer", "merged"});
      continue;
    }
    const auto report = exported(run, to, ExportForm::Peft);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_LT(report->largestLogitDifference, 2e-5) << arch;
    EXPECT_LT(report->residual, 1e-3) << arch;
    EXPECT_LE(report->rank, kind.method == Method::Rosa ? 8 : 4) << arch;
    EXPECT_EQ(report->as, ExportForm::Peft);
    EXPECT_TRUE(fs::exists(path(to) / "adapter_config.json"));
    EXPECT_TRUE(fs::exists(path(to) / "adapter_model.safetensors"));

    // The adapter on its base is the merged model.
    ASSERT_TRUE(exported(run, to + "_merged", ExportForm::Merged));
    EXPECT_NEAR(lossOf(run.model, run, path(to)), lossOf(path(to + "_merged"), run), 1e-4) << arch;
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, EveryMethod, testing::ValuesIn(kKinds),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_F(Rivals, ASmallerRankStatesWhatItLeavesOut) {
  const auto run = configOf({"rosa", Method::Rosa}, makeModel("llama"), "run");
  trained(run);
  const auto one = exported(run, "one", ExportForm::Peft, 1);
  const auto three = exported(run, "three", ExportForm::Peft, 3);
  const auto all = exported(run, "all", ExportForm::Peft);
  ASSERT_TRUE(one && three && all);
  EXPECT_EQ(one->rank, 1);
  EXPECT_EQ(three->rank, 3);
  EXPECT_GT(one->residual, three->residual);
  EXPECT_GT(three->residual, all->residual);
  EXPECT_LT(one->residual, 1);
  EXPECT_GT(one->largestLogitDifference, all->largestLogitDifference);
}

TEST_F(Rivals, ARunGoesOnWithAnAdapterOrMergesIt) {
  const auto base = makeModel("gpt2");
  for (const auto& kind : {Rival{"lora", Method::Lora}, Rival{"dora", Method::Dora}, Rival{"ia3", Method::Ia3}}) {
    const std::string name = kind.name;
    auto run = configOf(kind, base, name);
    trained(run);
    ASSERT_TRUE(exported(run, name + "_peft", ExportForm::Peft));
    const double reached = lossOf(base, run, path(name + "_peft"));

    auto next = run;
    next.adapter = path(name + "_peft");
    next.rank = Rank{std::int64_t{5}};  // the adapter's own counts
    next.layers = "mlp";
    next.steps = 1;
    next.resampleEvery = {};
    next.batch = 64;
    next.shuffle = false;
    for (const auto method : {kind.method, Method::Rosa}) {
      next.method = method;
      next.out = path(name + (method == kind.method ? "_on" : "_rosa"));
      Recorder events;
      const auto plan = trainedAsPlanned(next, events);
      const auto steps = events.all<StepCompleted>();
      ASSERT_EQ(steps.size(), 1U);
      EXPECT_NEAR(steps[0].loss, reached, 1e-4) << name;
      EXPECT_EQ(plan.layers.size(), method == kind.method ? 8U : 4U) << name;
      // What was in the adapter stays in what is exported.
      const auto out = exported(next, next.out.filename().string() + "_merged", ExportForm::Merged);
      ASSERT_TRUE(out) << out.error().message;
      EXPECT_LT(out->largestLogitDifference, 1e-5);
      EXPECT_LT(lossOf(out->directory, next), reached + 0.05) << name;
    }
  }
}

TEST_F(Rivals, AnAdapterIsMergedIntoItsBaseModel) {
  const auto run = configOf({"lora", Method::Lora}, makeModel("llama"), "run");
  trained(run);
  ASSERT_TRUE(exported(run, "peft", ExportForm::Peft));
  ASSERT_TRUE(exported(run, "merged", ExportForm::Merged));
  const auto report = engine_->exportRun({path("peft"), path("from_peft")});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_LT(report->largestLogitDifference, 1e-6);
  EXPECT_EQ(readJson(path("from_peft") / "config.json"), readJson(path("merged") / "config.json"));
  EXPECT_NEAR(lossOf(path("from_peft"), run), lossOf(path("merged"), run), 1e-5);

  // A base that is not where the adapter says must be named.
  auto config = readJson(path("peft") / "adapter_config.json");
  config["base_model_name_or_path"] = "someone/llama";
  writeText(path("peft") / "adapter_config.json", config.dump());
  expectContains(problem(engine_->exportRun({path("peft"), path("again")})), {"someone/llama", "--model"});
  const ExportRequest named{path("peft"), path("again"), "last", ExportForm::Merged, 0, run.model};
  EXPECT_TRUE(engine_->exportRun(named));
}

TEST_F(Rivals, AClassifiersHeadGoesAlong) {
  std::string rows = "text,label\n";
  for (int row = 0; row < 24; ++row)
    rows += row % 3 == 0 ? "a good day,yes\n" : row % 3 == 1 ? "no way,no\n" : "hm,so\n";
  writeText(path("rows.csv"), rows);
  for (const char* arch : {"roberta", "bert", "gpt2"}) {
    auto run = configOf({"lora", Method::Lora}, makeModel(arch), std::string("run_") + arch);
    run.task = Task::Classification;
    run.data = path("rows.csv");
    run.text = "text";
    run.label = "label";
    run.prompt.clear();
    run.completion.clear();
    trained(run);
    const auto to = std::string("peft_") + arch;
    const auto report = exported(run, to, ExportForm::Peft);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_LT(report->largestLogitDifference, 1e-5) << arch;
    const auto config = readJson(path(to) / "adapter_config.json");
    EXPECT_EQ(config.at("task_type"), "SEQ_CLS");
    EXPECT_EQ(config.at("modules_to_save").at(0), "classifier");
    // The base has no such head; the adapter brings it.
    const auto merged = engine_->exportRun({path(to), path(to + "_merged")});
    ASSERT_TRUE(merged) << merged.error().message;
    auto next = run;
    next.adapter = path(to);
    next.out = path(std::string("on_") + arch);
    trainedAsPlanned(next);
  }
}

TEST_F(Rivals, WhatTrainsAlsoIsSavedWhole) {
  auto run = configOf({"lora", Method::Lora}, makeModel("llama"), "run");
  run.trainAlso = "model.norm,input_layernorm";
  run.layers = "q_proj";
  const auto plan = trainedAsPlanned(run);
  const auto report = exported(run, "peft", ExportForm::Peft);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_LT(report->largestLogitDifference, 2e-5);
  const auto modules = readJson(path("peft") / "adapter_config.json").at("modules_to_save");
  EXPECT_EQ(modules.size(), 3U) << modules.dump();
  auto next = run;
  next.trainAlso.clear();
  next.adapter = path("peft");
  next.out = path("next");
  Recorder more;
  trained(next, more);
  EXPECT_EQ(more.all<RunStarted>()[0].trainableParameters, plan.trainableParameters) << "they train on";
}

TEST_F(Rivals, MistakesAreFoundBeforeTheRunInOneSentenceEach) {
  const auto llama = makeModel("llama");
  const auto run = configOf({"lora", Method::Lora}, llama, "run");
  trained(run);
  ASSERT_TRUE(exported(run, "peft", ExportForm::Peft));
  const auto only = [&](RunConfig config) {
    config.out = path("new");
    const auto problems = engine_->plan(config).problems;
    EXPECT_EQ(problems.size(), 1U);
    return problems.empty() ? ConfigProblem{} : problems.front();
  };
  auto other = configOf({"lora", Method::Lora}, makeModel("gpt2"), "other");
  other.adapter = path("peft");
  expectContains(only(other).message, {"peft", "model.layers.0", "does not have", llama.string()});
  EXPECT_EQ(only(other).key, "adapter");
  other.adapter = path("nothing");
  expectContains(only(other).message, {"nothing", "adapter_config.json"});
  auto also = run;
  also.trainAlso = "nrom";
  expectContains(only(also).message, {"train-also", "nrom", "norm"});
  auto bitfit = run;
  bitfit.method = Method::Bitfit;
  expectContains(only(bitfit).message, {"bitfit", "no biases", "another method"});
  auto orthogonal = run;
  orthogonal.loraStart = LoraStart::Orthogonal;
  orthogonal.rank = Rank{std::int64_t{3}};
  EXPECT_EQ(only(orthogonal).key, "lora-start");
  expectContains(problem(exported(run, "x", ExportForm::Merged, 4)), {"--rank", "--as peft"});
  expectContains(problem(engine_->exportRun({path("peft"), path("x"), "last", ExportForm::Peft})),
                 {"a PEFT adapter already"});
}

}  // namespace
}  // namespace rosa::test
