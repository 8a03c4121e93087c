// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "checkpoint/peft_adapter.h"
#include "checkpoint/safetensors_writer.h"
#include "engine/service/service_fixture.h"
#include "rosa/method_traits.h"

/// Methods whose numbers stay beside the weights: bottleneck adapters, prompt and prefix tuning.
namespace rosa::test {
namespace {

struct Kind {
  const char* name;
  Method method;
};
constexpr Kind kBottlenecks[] = {{"houlsby", Method::Houlsby}, {"pfeiffer", Method::Pfeiffer}};
constexpr Kind kPrompts[] = {{"prompt", Method::Prompt}, {"prefix", Method::Prefix}};
constexpr Kind kAll[] = {kBottlenecks[0], kBottlenecks[1], kPrompts[0], kPrompts[1]};

class BesideWeights : public ServiceTest, public testing::WithParamInterface<Kind> {
 protected:
  RunConfig configOf(const fs::path& model, const std::string& name = "run") {
    auto run = e2eConfig(name);
    run.model = model;
    run.maxLength = 100;
    run.method = GetParam().method;
    run.rank = Rank{std::int64_t{3}};
    run.virtualTokens = isPrompt(GetParam().method) ? 6 : RunConfig().virtualTokens;
    run.learningRate = 2e-2;
    run.steps = 8;
    run.evalEvery = {Interval::Unit::Steps, 8};
    run.validationSplit = 0.25;
    run.dropout = 0;
    return run;
  }
  RunConfig classifierOf(const char* arch) {
    std::string rows = "text,label\n";
    for (int row = 0; row < 24; ++row) rows += row % 3 == 0 ? "a good day,yes\n" : "no way,no\n";
    writeText(path("rows.csv"), rows);
    auto run = configOf(makeModel(arch), std::string("run_") + arch);
    run.task = Task::Classification;
    run.data = path("rows.csv");
    run.valid = run.data;
    run.text = "text";
    run.label = "label";
    run.prompt.clear();
    run.completion.clear();
    return run;
  }

  static double lastLoss(const Recorder& events) {
    const auto evaluations = events.all<EvaluationCompleted>();
    EXPECT_FALSE(evaluations.empty());
    return evaluations.empty() ? 0 : evaluations.back().loss;
  }
  std::string textOf(const fs::path& model, const fs::path& adapter = {}) {
    GenerationRequest request;
    request.model = model;
    request.prompts = {"name : The Punter"};
    request.settings.maxNewTokens = 12;
    request.threads = 1;
    request.device = test::deviceChoice();
    request.adapter = adapter;
    const auto report = engine_->generate(request, {});
    EXPECT_TRUE(report) << report.error().message;
    return report ? report->prompts[0][0].text : "";
  }
  static std::string problem(const Expected<ExportReport>& report) {
    EXPECT_FALSE(report);
    return report ? "" : report.error().message;
  }
};

TEST_P(BesideWeights, ARunIsPlannedTrainedAndUsedFromItsFolder) {
  for (const char* arch : {"gpt2", "llama"}) {
    auto run = configOf(makeModel(arch), std::string("run_") + arch);
    writeText(path("valid.csv"), "mr,ref\nname[The Punter],The Punter is a pub.\nname[Zizzi],Zizzi is by the river.\n");
    run.valid = path("valid.csv");
    Recorder events;
    trainedAsPlanned(run, events);
    EXPECT_TRUE(events.all<ResampleCompleted>().empty());

    auto data = run;
    data.data = *run.valid;
    data.valid.reset();
    EXPECT_NEAR(lossOf(run.out, data), lastLoss(events), 1e-5) << arch;
    EXPECT_GT(lossOf(run.model, data), lastLoss(events)) << arch;
    EXPECT_FALSE(textOf(run.out).empty()) << arch;
  }
}

TEST_P(BesideWeights, ACopyIsResumed) {
  auto run = configOf(makeModel("gpt2"));
  run.saveEvery = {Interval::Unit::Steps, 3};
  trained(run);
  // As if it had been stopped after step 6.
  fs::remove_all(run.out / "checkpoints" / "step-000008");
  Recorder events;
  auto resumed = engine_->resume(run.out, events);
  ASSERT_TRUE(resumed) << resumed.error().message;
  (*resumed)->wait();
  EXPECT_TRUE((*resumed)->succeeded());
  EXPECT_EQ(events.all<StepCompleted>().size(), 2U);
}

TEST_P(BesideWeights, AnEncoderIsTrainedToo) {
  for (const char* arch : {"bert", "roberta"}) {
    const auto run = classifierOf(arch);
    Recorder events;
    trainedAsPlanned(run, events);
    EXPECT_NEAR(lossOf(run.out, run), lastLoss(events), 1e-5) << arch;
  }
}

TEST_P(BesideWeights, NoMergedModelIsMadeOfIt) {
  const auto run = configOf(makeModel("llama"));
  trained(run);
  const auto before = everything();
  const auto message = problem(engine_->exportRun({run.out, path("merged")}));
  expectContains(message, {GetParam().name, "rosa generate --model " + run.out.string()});
  EXPECT_EQ(std::ranges::count(message, '\n'), 0);
  if (!isPrompt(GetParam().method)) {
    expectContains(problem(engine_->exportRun({run.out, path("peft"), "last", ExportForm::Peft})), {"PEFT adapter"});
  }
  EXPECT_EQ(everything(), before);
}

INSTANTIATE_TEST_SUITE_P(Methods, BesideWeights, testing::ValuesIn(kAll),
                         [](const auto& test) { return std::string(test.param.name); });

class VirtualTokens : public BesideWeights {};

TEST_P(VirtualTokens, AreAPeftAdapterThatReadsBack) {
  for (const char* arch : {"gpt2", "llama"}) {
    auto run = configOf(makeModel(arch), std::string("run_") + arch);
    trained(run);
    const auto to = path(std::string("peft_") + arch);
    const auto report = engine_->exportRun({run.out, to, "last", ExportForm::Peft});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_LT(report->largestLogitDifference, 1e-6);
    EXPECT_EQ(report->files,
              (std::vector<std::string>{"README.md", "adapter_config.json", "adapter_model.safetensors"}));
    const auto config = readJson(to / "adapter_config.json");
    EXPECT_EQ(config.at("peft_type"), GetParam().method == Method::Prompt ? "PROMPT_TUNING" : "PREFIX_TUNING");
    EXPECT_EQ(config.at("num_virtual_tokens"), 6);
    EXPECT_EQ(config.at("task_type"), "CAUSAL_LM");
    EXPECT_NEAR(lossOf(run.model, run, to), lossOf(run.out, run), 1e-6);
    EXPECT_EQ(textOf(run.model, to), textOf(run.out));
  }
}

/// PEFT 0.21 names the head's tensors so, and asks of a module in modules_to_save for every tensor below it.
TEST_P(VirtualTokens, AClassifiersHeadGoesAlong) {
  // BERT's folder is made to guess words and has no pooler: the one that the run draws goes along.
  const std::map<std::string, std::set<std::string>> heads = {
      {"bert",
       {"base_model.classifier.weight", "base_model.classifier.bias", "base_model.bert.pooler.dense.weight",
        "base_model.bert.pooler.dense.bias"}},
      {"roberta",
       {"base_model.classifier.dense.weight", "base_model.classifier.dense.bias",
        "base_model.classifier.out_proj.weight", "base_model.classifier.out_proj.bias"}},
      {"gpt2", {"base_model.score.weight"}}};
  for (const auto& [arch, head] : heads) {
    auto run = classifierOf(arch.c_str());
    run.trainHead = arch != "roberta";  // the run has drawn it all the same
    trained(run);
    const auto to = path("peft_" + arch);
    const auto report = engine_->exportRun({run.out, to, "last", ExportForm::Peft});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_LT(report->largestLogitDifference, 1e-6);
    const auto config = readJson(to / "adapter_config.json");
    EXPECT_EQ(config.at("task_type"), "SEQ_CLS");
    json modules{"classifier", "score"};
    if (arch == "bert") modules.push_back("bert.pooler.dense");
    EXPECT_EQ(config.at("modules_to_save"), modules) << arch;
    const auto adapter = checkpoint::PeftAdapter::open(base::FileSystem::real(), to);
    ASSERT_TRUE(adapter) << adapter.error().message;
    std::set<std::string> names;
    for (const auto* entry : adapter->file().entries()) names.insert(entry->name);
    names.erase("prompt_embeddings");
    EXPECT_EQ(names, head) << arch;
  }
}

TEST_P(VirtualTokens, ARunStartsWhereTheExportedOneEnded) {
  for (const char* arch : {"gpt2", "llama", "bert", "roberta"}) {
    const bool encoder = std::string(arch).ends_with("berta") || std::string(arch) == "bert";
    const auto run = encoder ? classifierOf(arch) : configOf(makeModel(arch), std::string("run_") + arch);
    Recorder events;
    trained(run, events);
    auto next = run;
    next.adapter = path(std::string("peft_") + arch);
    ASSERT_TRUE(engine_->exportRun({run.out, next.adapter, "last", ExportForm::Peft}));

    // A rate that moves nothing: what is evaluated is what the run starts from.
    next.learningRate = 1e-30;
    next.steps = 1;
    next.seed = run.seed + 1;
    next.evalEvery = {Interval::Unit::Steps, 1};
    next.validationSplit = 0;
    next.valid = encoder ? run.data : path("valid.csv");
    writeText(path("valid.csv"), "mr,ref\nname[The Punter],The Punter is a pub.\nname[Zizzi],Zizzi is by the river.\n");
    auto data = next;
    data.data = *next.valid;
    data.valid.reset();
    data.adapter.clear();
    const double reached = lossOf(run.out, data);
    next.out = path(std::string("next_") + arch);
    Recorder started;
    const auto plan = trainedAsPlanned(next, started);
    EXPECT_NEAR(lastLoss(started), reached, 1e-6) << arch;
    // A pooler that an adapter brings along trains from then on, as PEFT has it.
    const std::int64_t pooler = std::string(arch) == "bert" ? 64 * 64 + 64 : 0;
    EXPECT_EQ(plan.trainableParameters, events.all<RunStarted>()[0].trainableParameters + pooler) << arch;

    auto fresh = next;
    fresh.adapter.clear();
    fresh.out = path(std::string("fresh_") + arch);
    Recorder other;
    trained(fresh, other);
    EXPECT_GT(std::abs(lastLoss(other) - reached), 1e-3) << arch << ": the adapter is what makes it equal";
  }
}

TEST_P(VirtualTokens, AFolderThatARunCannotStartFromIsToldBeforeIt) {
  const bool prompt = GetParam().method == Method::Prompt;
  const std::string type = prompt ? "PROMPT_TUNING" : "PREFIX_TUNING";
  const auto run = configOf(makeModel("llama"));
  trained(run);
  ASSERT_TRUE(engine_->exportRun({run.out, path("peft"), "last", ExportForm::Peft}));
  const auto expectSays = [&](RunConfig config, const std::vector<std::string>& parts) {
    config.out = path("new");
    const auto problems = engine_->plan(config).problems;
    ASSERT_EQ(problems.size(), 1U) << parts.front();
    EXPECT_EQ(problems[0].key, "adapter");
    expectContains(problems[0].message, parts);
    Recorder events;
    EXPECT_FALSE(engine_->train(config, events));
    EXPECT_FALSE(fs::exists(config.out));
  };
  auto next = run;
  next.adapter = path("peft");
  next.virtualTokens = 7;
  expectSays(next, {"adapter_config.json", "num_virtual_tokens is 6", "virtual-tokens is 7", "--virtual-tokens 6"});
  next.virtualTokens = 6;
  next.method = prompt ? Method::Prefix : Method::Prompt;
  expectSays(next, {"adapter_config.json", "peft_type is " + type, std::string("--method ") + GetParam().name});
  auto lora = next;
  lora.method = Method::Lora;
  lora.virtualTokens = RunConfig().virtualTokens;
  expectSays(lora, {"peft_type is " + type, "method lora", std::string("--method ") + GetParam().name});

  lora.adapter.clear();
  lora.out = path("lora");
  trained(lora);
  ASSERT_TRUE(engine_->exportRun({lora.out, path("peft_lora"), "last", ExportForm::Peft}));
  next.method = GetParam().method;
  next.adapter = path("peft_lora");
  expectSays(next, {"adapter_config.json", "peft_type is LORA", type, "rosa export"});

  // A model of another width, or of other layers.
  const std::vector<std::byte> zeros(std::size_t{6} * 16 * sizeof(float));
  const std::vector<checkpoint::TensorToWrite> narrow = {
      checkpoint::tensorInMemory("prompt_embeddings", checkpoint::Dtype::F32, {6, 16}, zeros)};
  ASSERT_TRUE(
      checkpoint::writeSafetensors(base::FileSystem::real(), path("peft") / "adapter_model.safetensors", narrow, {}));
  next.adapter = path("peft");
  expectSays(next, {"adapter_model.safetensors", "prompt_embeddings", "[6, 16]", prompt ? "[6, 64]" : "[6, 128]",
                    "Choose the model it was made for (" + run.model.string() + ")"});
}

TEST_P(VirtualTokens, AreNotMergedNorPutBeforeOthers) {
  const auto run = configOf(makeModel("llama"));
  trained(run);
  ASSERT_TRUE(engine_->exportRun({run.out, path("peft"), "last", ExportForm::Peft}));
  const auto before = everything();
  expectContains(problem(engine_->exportRun({path("peft"), path("merged")})),
                 {"cannot be merged", "rosa generate --model MODEL --adapter " + path("peft").string()});
  EXPECT_EQ(everything(), before);
  EvaluationRequest request{run.out, run};
  request.data.adapter = path("peft");
  const auto report = engine_->evaluate(request);
  ASSERT_FALSE(report);
  expectContains(report.error().message,
                 {"adapter_model.safetensors", "virtual tokens already", "Leave the adapter out"});
}

TEST_P(VirtualTokens, AndTheTextMustFitThePositions) {
  auto run = configOf(makeModel("gpt2"));
  const auto only = [&] {
    const auto problems = engine_->plan(run).problems;
    EXPECT_EQ(problems.size(), 1U);
    return problems.empty() ? ConfigProblem{} : problems.front();
  };
  const auto positions = engine_->inspectModel(run.model)->maxPositions;
  run.maxLength = positions - 5;
  EXPECT_EQ(only().key, "virtual-tokens");
  expectContains(only().message, {"virtual-tokens 6", "--max-length " + std::to_string(positions - 6)});
  run.virtualTokens = positions;
  expectContains(only().message, {"virtual-tokens", "Choose fewer"});
  Recorder events;
  EXPECT_FALSE(engine_->train(run, events));
  run.virtualTokens = 0;
  expectContains(only().message, {"virtual-tokens", "write 1 or more"});
  run.maxLength = positions - 6;
  run.virtualTokens = 6;
  EXPECT_TRUE(engine_->plan(run).problems.empty());
}

INSTANTIATE_TEST_SUITE_P(Methods, VirtualTokens, testing::ValuesIn(kPrompts),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace rosa::test
