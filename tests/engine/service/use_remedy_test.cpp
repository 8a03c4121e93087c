// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/service/service_fixture.h"
#include "rosa/method_traits.h"

/// Each refusal of what is done with a model, a run or a file, provoked; then what its sentence says is done.
namespace rosa::test {
namespace {

class UseRemedy : public ServiceTest {
 protected:
  template <typename Answer>
  static std::string said(const Answer& answer) {
    return answer ? std::string() : answer.error().message;
  }

  RunConfig trainedBy(Method method, const std::string& name = "run") {
    auto config = e2eConfig(name);
    config.method = method;
    config.virtualTokens = 6;
    if (!isPrompt(method)) config.virtualTokens = RunConfig().virtualTokens;
    trained(config);
    return config;
  }
  /// BERT that tells two classes of texts apart; its rows are what `evaluates` then reads.
  RunConfig classifier(const std::string& name) {
    data_ = path("data.csv");
    writeText(data_, "text,label\na cat,yes\na dog,no\na sun,yes\na day,no\n");
    auto config = e2eConfig(name);
    config.model = makeModel("bert");
    config.data = data_;
    config.maxLength = 32;
    config.task = Task::Classification;
    config.prompt.clear();
    config.completion.clear();
    config.text = "text";
    config.label = "label";
    return config;
  }
  std::string exports(ExportRequest request) {
    if (request.destination.empty()) request.destination = path("export" + std::to_string(exports_++));
    return said(engine_->exportRun(request));
  }
  std::string resumes(const RunConfig& config) {
    Recorder events;
    auto run = engine_->resume(config.out, events);
    if (run) (*run)->wait();
    return said(run);
  }
  std::string generates(const fs::path& model, const fs::path& adapter = {}, const std::string& prompt = "Once") {
    GenerationRequest request;
    request.model = model;
    request.adapter = adapter;
    request.prompts = {prompt};
    request.settings.maxNewTokens = 2;
    request.threads = 1;
    return said(engine_->generate(request, {}));
  }
  std::string evaluates(const fs::path& model, Task task, const std::string& text = "mr",
                        const std::string& label = "") {
    EvaluationRequest request;
    request.model = model;
    request.data.data = data_.empty() ? samples() / "e2e" / "train.csv" : data_;
    request.data.task = task;
    request.data.text = text;
    request.data.label = label;
    request.data.maxRows = 8;
    request.data.threads = 1;
    return said(engine_->evaluate(request));
  }

  fs::path data_;
  int exports_ = 0;
};

TEST_F(UseRemedy, OfExports) {
  const auto rosa = trainedBy(Method::Rosa);
  expectContains(exports({.runDirectory = rosa.out, .destination = {}, .rank = 4}),
                 {"Write 1 or more, together with --as peft"});
  EXPECT_EQ(exports({.runDirectory = rosa.out, .destination = {}, .as = ExportForm::Peft, .rank = 4}), "");
  fs::create_directory(path("mine"));
  writeText(path("mine") / "text", "years of work");
  expectContains(exports({.runDirectory = rosa.out, .destination = path("mine")}), {"Choose another folder"});
  EXPECT_EQ(exports({.runDirectory = rosa.out, .destination = path("other")}), "");
  expectContains(exports({.runDirectory = rosa.out, .destination = {}, .checkpoint = "first"}),
                 {"Choose best, last, or a step number"});
  expectContains(exports({.runDirectory = rosa.out, .destination = {}, .checkpoint = "3"}), {"There are: 4"});
  EXPECT_EQ(exports({.runDirectory = rosa.out, .destination = {}, .checkpoint = "4"}), "");
  expectContains(exports({.runDirectory = path("none"), .destination = {}}), {"Name the folder of a run"});
  expectContains(exports({.runDirectory = sampleModel(), .destination = {}}),
                 {"no config.yaml", "Name another folder"});
}

TEST_F(UseRemedy, OfAdapters) {
  const auto lora = trainedBy(Method::Lora);
  ASSERT_EQ(exports({.runDirectory = lora.out, .destination = path("adapter"), .as = ExportForm::Peft}), "");
  expectContains(exports({.runDirectory = path("adapter"), .destination = {}, .as = ExportForm::Peft}),
                 {"Leave out --as peft"});
  EXPECT_EQ(exports({.runDirectory = path("adapter"), .destination = {}}), "");
  auto config = readJson(path("adapter") / "adapter_config.json");
  config["base_model_name_or_path"] = "someone/model";
  writeText(path("adapter") / "adapter_config.json", config.dump());
  expectContains(exports({.runDirectory = path("adapter"), .destination = {}}),
                 {"\"someone/model\"", "Name it with --model"});
  EXPECT_EQ(exports({.runDirectory = path("adapter"), .destination = {}, .model = sampleModel()}), "");
}

TEST_F(UseRemedy, OfVirtualTokens) {
  const auto prompt = trainedBy(Method::Prompt);
  expectContains(exports({.runDirectory = prompt.out, .destination = {}}),
                 {"Export it with --as peft", "rosa generate --model"});
  EXPECT_EQ(generates(prompt.out), "");
  expectContains(exports({.runDirectory = prompt.out, .destination = {}, .as = ExportForm::Peft, .rank = 2}),
                 {"Leave it out"});
  EXPECT_EQ(exports({.runDirectory = prompt.out, .destination = path("adapter"), .as = ExportForm::Peft}), "");
  expectContains(exports({.runDirectory = path("adapter"), .destination = {}}),
                 {"rosa generate --model MODEL --adapter"});
  EXPECT_EQ(generates(sampleModel(), path("adapter")), "");
}

TEST_F(UseRemedy, OfBottlenecks) {
  const auto houlsby = trainedBy(Method::Houlsby);
  for (const auto as : {ExportForm::Merged, ExportForm::Peft}) {
    expectContains(exports({.runDirectory = houlsby.out, .destination = {}, .as = as}),
                   {"rosa generate --model " + houlsby.out.string(), "rosa eval --model " + houlsby.out.string()});
  }
  EXPECT_EQ(generates(houlsby.out), "");
  EXPECT_EQ(evaluates(houlsby.out, Task::LanguageModelling), "");
}

TEST_F(UseRemedy, OfRunsThatAreNoAdapters) {
  auto full = classifier("full");
  full.method = Method::Full;
  trained(full);
  ExportRequest adapter{.runDirectory = full.out, .destination = {}, .as = ExportForm::Peft};
  expectContains(exports(adapter), {"smaller rank with --rank", "export it merged"});
  adapter.rank = 4;
  EXPECT_EQ(exports(adapter), "");
  EXPECT_EQ(exports({.runDirectory = full.out, .destination = {}}), "");
  auto tied = e2eConfig("tied");
  tied.method = Method::Lora;
  tied.trainAlso = {"model.embed_tokens"};
  trained(tied);
  expectContains(exports({.runDirectory = tied.out, .destination = {}, .as = ExportForm::Peft}),
                 {"is tied. Export it merged"});
  EXPECT_EQ(exports({.runDirectory = tied.out, .destination = {}}), "");
}

TEST_F(UseRemedy, OfResumes) {
  const auto whole = trainedBy(Method::Lora, "whole");
  expectContains(resumes(whole), {"all its 4 steps", "To train it longer: rosa resume", "--steps"});
  fs::remove_all(whole.out / "checkpoints");
  expectContains(resumes(whole), {"holds no checkpoint yet", "Start the run again"});

  auto early = e2eConfig("early");
  early.method = Method::Lora;
  early.learningRate = 1e-12;
  early.weightDecay = 0;
  early.epochs.reset();
  early.steps = 12;
  early.validationSplit = 0.2;
  early.evalEvery = {Interval::Unit::Steps, 1};
  early.saveEvery = {Interval::Unit::Steps, 1};
  early.earlyStopping = 1;
  Recorder events;
  auto run = engine_->train(early, events);
  ASSERT_TRUE(run) << run.error().message;
  (*run)->wait();
  run->reset();
  expectContains(resumes(early), {"has stopped early", "a larger early-stopping in its config.yaml"});
  auto yaml = readText(early.out / "config.yaml");
  const std::string line = "early-stopping: 1";
  ASSERT_NE(yaml.find(line), std::string::npos) << yaml;
  yaml.replace(yaml.find(line), line.size(), "early-stopping: 50");
  writeText(early.out / "config.yaml", yaml);
  EXPECT_EQ(resumes(early), "");
}

TEST_F(UseRemedy, OfDamagedCheckpoints) {
  auto config = e2eConfig();
  config.saveEvery = {Interval::Unit::Steps, 2};
  config.keepCheckpoints = 4;
  trained(config);
  writeText(config.out / "checkpoints" / "step-000004" / "progress.json", "{}");
  expectContains(exports({.runDirectory = config.out, .destination = {}, .checkpoint = "4"}),
                 {"progress.json", "Choose another checkpoint"});
  EXPECT_EQ(exports({.runDirectory = config.out, .destination = {}, .checkpoint = "2"}), "");
}

TEST_F(UseRemedy, OfTasks) {
  const auto bert = makeModel("bert", 2);
  expectContains(evaluates(sampleModel(), Task::Classification, "mr", "ref"),
                 {"no head for task classification", "Choose --task lm or completion"});
  EXPECT_EQ(evaluates(sampleModel(), Task::LanguageModelling), "");
  expectContains(generates(bert), {"continues no text", "Choose a GPT-2 or Llama language model"});
  EXPECT_EQ(generates(sampleModel()), "");
  const auto classes = classifier("classifier");
  trained(classes);
  ASSERT_EQ(exports({.runDirectory = classes.out, .destination = path("classes")}), "");
  expectContains(evaluates(path("classes"), Task::Regression, "text", "label"), {"Choose --task classification"});
  EXPECT_EQ(evaluates(path("classes"), Task::Classification, "text", "label"), "");
}

TEST_F(UseRemedy, OfNewModels) {
  expectContains(said(engine_->initModel({"gpt5", "tiny", 1, path("new"), {}})), {"Choose one of", "gpt2 tiny"});
  EXPECT_EQ(said(engine_->initModel({"gpt2", "tiny", 1, path("new"), {}})), "");
  expectContains(said(engine_->initModel({"gpt2", "tiny", 1, path("new"), {}})), {"Choose another folder"});
  expectContains(said(engine_->initModel({"gpt2", "tiny", 1, path("other"), path("new")})), {"or leave it out"});
  EXPECT_EQ(said(engine_->initModel({"gpt2", "tiny", 1, path("other"), {}})), "");
  expectContains(generates(path("other")), {"has no tokenizer.json", "Save it there with the model"});
  writeText(path("other") / "tokenizer.json", readText(sampleModel() / "tokenizer.json"));
  EXPECT_EQ(generates(path("other")), "");
}

TEST_F(UseRemedy, OfBenchesAndOfPathsThatAreNotThere) {
  auto config = e2eConfig();
  expectContains(said(engine_->benchTrain(config, 4)), {"Choose more --steps or fewer --untimed"});
  EXPECT_EQ(said(engine_->benchTrain(config, 1)), "");
  expectContains(said(engine_->inspect(path("none"))), {"nothing at", "Check the path"});
  EXPECT_EQ(said(engine_->inspect(sampleModel())), "");
  expectContains(said(engine_->inspectModel(path("none"))), {"Choose a Hugging Face model folder"});
  EXPECT_EQ(said(engine_->inspectModel(sampleModel())), "");
}

}  // namespace
}  // namespace rosa::test
