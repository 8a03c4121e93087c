// SPDX-License-Identifier: GPL-3.0-or-later
#include <functional>

#include "engine/service/service_fixture.h"

/// Every kind of mistake that people make before a run starts: a plan tells it, training refuses it, nothing is made.
namespace rosa::test {
namespace {

class BadInput : public ServiceTest {
 protected:
  /// One problem of the key, in one line with these words; `train` says the same.
  void expectTold(const RunConfig& config, const std::string& key, const std::vector<std::string>& words) {
    const auto before = everything();
    const auto plan = engine_->plan(config);
    ASSERT_EQ(plan.problems.size(), 1U) << joinProblems(plan.problems);
    EXPECT_EQ(plan.problems[0].key, key);
    expectContains(plan.problems[0].message, words);
    EXPECT_EQ(plan.problems[0].message.find('\n'), std::string::npos) << plan.problems[0].message;
    expectRefused(config, words);
    EXPECT_EQ(everything(), before) << "something was made";
  }

  void expectRefused(const RunConfig& config, const std::vector<std::string>& words) {
    const auto before = everything();
    Recorder events;
    const auto run = engine_->train(config, events);
    ASSERT_FALSE(run) << "was started";
    expectContains(run.error().message, words);
    EXPECT_EQ(everything(), before) << "something was made";
    EXPECT_TRUE(events.all<RunStarted>().empty());
  }

  /// config.json of a copy of the sample model, changed.
  RunConfig withModelConfig(const std::function<void(json&)>& change) {
    auto config = e2eConfig();
    config.model = copyOfSampleModel();
    auto changed = readJson(config.model / "config.json");
    change(changed);
    writeText(config.model / "config.json", changed.dump());
    return config;
  }
};

TEST_F(BadInput, TheConfigurationsOfTheseTestsAreSoundOtherwise) {
  const auto plan = engine_->plan(e2eConfig());
  EXPECT_TRUE(plan.problems.empty()) << joinProblems(plan.problems);
  EXPECT_EQ(plan.totalSteps, 4);
  EXPECT_TRUE(everything().empty()) << "a plan makes nothing";
}

TEST_F(BadInput, WrongModelPath) {
  auto config = e2eConfig();
  config.model = path("nowhere");
  expectTold(config, "model", {path("nowhere").string(), "Choose a Hugging Face model folder"});
}

TEST_F(BadInput, FolderWithoutConfig) {
  auto config = e2eConfig();
  config.model = path("empty");
  fs::create_directory(config.model);
  expectTold(config, "model", {config.model.string() + " has no config.json", "Choose a Hugging Face model folder"});
}

TEST_F(BadInput, UnsupportedArchitecture) {
  const auto config = withModelConfig([](json& model) {
    model["architectures"] = {"MambaForCausalLM"};
    model["model_type"] = "mamba";
  });
  expectTold(config, "model", {"config.json", "Mamba", "Llama"});
}

TEST_F(BadInput, TruncatedWeights) {
  auto config = e2eConfig();
  config.model = copyOfSampleModel();
  fs::resize_file(config.model / "model.safetensors", 500000);
  expectTold(config, "model", {"model.safetensors", "Fetch"});
}

TEST_F(BadInput, APointerInsteadOfWeights) {
  auto config = e2eConfig();
  config.model = copyOfSampleModel();
  writeText(config.model / "model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
  expectTold(config, "model", {"model.safetensors", "git lfs pull"});
}

TEST_F(BadInput, WeightsOfAnotherShapeThanTheConfig) {
  const auto config = withModelConfig([](json& model) { model["num_hidden_layers"] = 6; });
  expectTold(config, "model", {config.model.string(), "model.layers.5", "choose a complete model folder"});
}

TEST_F(BadInput, AVocabularySmallerThanTheTokenizers) {
  const auto config = withModelConfig([](json& model) { model["vocab_size"] = 500; });
  const auto plan = engine_->plan(config);
  ASSERT_EQ(plan.problems.size(), 2U) << joinProblems(plan.problems);
  expectContains(plan.problems[0].message, {"model.embed_tokens.weight", "512", "500"});
  expectContains(plan.problems[1].message, {"tokenizer", "512", "500"});
  expectRefused(config, {"512", "500"});
}

TEST_F(BadInput, TokenizerThatLacksItsModel) {
  auto config = e2eConfig();
  config.model = copyOfSampleModel();
  writeText(config.model / "tokenizer.json", R"({"version": "1.0", "added_tokens": []})");
  expectTold(config, "model", {"tokenizer.json", "model"});
}

TEST_F(BadInput, NoTokenizer) {
  auto config = e2eConfig();
  config.model = copyOfSampleModel();
  fs::remove(config.model / "tokenizer.json");
  expectTold(config, "model", {config.model.string(), "tokenizer.json"});
}

TEST_F(BadInput, WrongDataPath) {
  auto config = e2eConfig();
  config.data = path("nothing.csv");
  expectTold(config, "data", {path("nothing.csv").string()});
}

TEST_F(BadInput, WrongValidationPath) {
  auto config = e2eConfig();
  config.valid = path("nothing.csv");
  expectTold(config, "valid", {path("nothing.csv").string()});
}

TEST_F(BadInput, ARowThatBreaksOff) {
  auto config = e2eConfig();
  config.data = path("data.csv");
  writeText(config.data, "mr,ref\nname[A],A is here.\nname[B]\n");
  expectTold(config, "data", {config.data.string(), "Line 3"});
}

TEST_F(BadInput, AColumnThatIsNotThereListsThoseThatAre) {
  auto config = e2eConfig();
  config.completion = "reff";
  expectTold(config, "data", {config.data.string(), "reff", "--completion", "\"mr\"", "\"ref\""});
}

TEST_F(BadInput, AColumnNumberBeyondTheLast) {
  auto config = e2eConfig();
  config.completion = "17";  // GCC 12 warns falsely of one character here
  expectTold(config, "data", {config.data.string(), "17"});
}

TEST_F(BadInput, LabelsThatAreNoNumbersForRegression) {
  auto config = e2eConfig();
  config.model = makeModel("bert");
  config.maxLength = 64;
  config.data = path("data.csv");
  writeText(config.data, "text,score\nfine,1.5\nbad,poor\n");
  config.task = Task::Regression;
  config.prompt.clear();
  config.completion.clear();
  config.text = "text";
  config.label = "score";
  expectTold(config, "data", {config.data.string(), "Line 3", "poor", "number"});
}

TEST_F(BadInput, AResampleIntervalLongerThanTheRun) {
  auto config = e2eConfig();
  config.resampleEvery = {Interval::Unit::Epochs, 0.5};
  expectTold(config, "resample-every", {"4 steps", "step 8", "Write a shorter interval, or never"});
  config.resampleEvery = {Interval::Unit::Steps, 5};
  expectTold(config, "resample-every", {"5 steps", "longer than the run of 4 steps"});
  config.resampleEvery = RunConfig().resampleEvery;
  EXPECT_TRUE(engine_->plan(config).problems.empty()) << "a short run need not name an interval";
}

TEST_F(BadInput, WhatFollowsFromAMistakeIsNotToldBesideIt) {
  auto config = e2eConfig();
  config.layerRanks = {"x"};
  expectTold(config, "layer-rank", {"\"x\" is not a pattern and a rank", "write mlp=4"});
  config.layerRanks.clear();
  config.data = "~/e2e.csv";
  expectTold(config, "data", {"only a shell expands ~"});
  config.data = e2eConfig().data;
  for (const Interval every :
       {RunConfig().resampleEvery, Interval{Interval::Unit::Epochs, 0.5}, Interval{Interval::Unit::Steps, 5}}) {
    config.resampleEvery = every;
    config.steps.reset();
    config.epochs = 0;
    expectTold(config, "epochs", {"must be above 0"});
    config.epochs.reset();
    config.steps = 0;
    expectTold(config, "steps", {"must be 1 or more"});
  }
}

TEST_F(BadInput, ARankOfSomeLayersThatNoneOfThemCanHave) {
  auto config = e2eConfig();
  config.layerRanks = {"mlp=4", "atention=2"};
  expectTold(config, "layer-rank", {"atention", "matches no layer that is adapted", "Did you mean", "attention"});
  config.layers = "mlp";
  config.layerRanks = {"attention=2"};
  expectTold(config, "layer-rank", {"attention", "matches no layer that is adapted"});
  config.layerRanks = {"down_proj=65"};
  expectTold(config, "rank", {"65", "mlp.down_proj", "1 to 64"});
  config = e2eConfig();
  config.method = Method::Prompt;
  config.layerRanks = {"mlp=4"};
  expectTold(config, "layer-rank", {"mlp", "matches no layer that is adapted"});
}

TEST_F(BadInput, RankAboveTheSmallerSideNamesTheLayerAndItsLargestRank) {
  auto config = e2eConfig();
  config.rank.value = std::int64_t{65};
  expectTold(config, "rank", {"65", "model.layers.0.self_attn.k_proj", "64 x 32", "1 to 32", "--layers"});
  config.layers = "mlp";
  expectTold(config, "rank", {"65", "model.layers.0.mlp.gate_proj", "1 to 64"});
}

TEST_F(BadInput, ALayerChoiceThatMatchesNothingListsWhatThereIs) {
  auto config = e2eConfig();
  config.layers = "c_attn";
  expectTold(config, "layers", {"c_attn", "attention", "self_attn.q_proj"});
}

TEST_F(BadInput, SequencesLongerThanTheModelTakes) {
  auto config = e2eConfig();
  config.maxLength = 513;
  expectTold(config, "max-length", {"513", "512"});
}

TEST_F(BadInput, AnExistingRunFolder) {
  auto config = e2eConfig();
  fs::create_directory(config.out);
  writeText(config.out / "mine", "text");
  expectTold(config, "out", {config.out.string(), "exists already", "or an empty folder"});
  writeText(config.out / "config.yaml", "seed: 1\n");
  expectTold(config, "out", {config.out.string(), "holds a run", "continue it: rosa resume " + config.out.string()});
}

TEST_F(BadInput, ADestinationThatCannotBeMade) {
  auto config = e2eConfig();
  writeText(path("file"), "text");
  config.out = path("file") / "runs" / "one";
  expectTold(config, "out", {config.out.string(), path("file").string(), "not a folder"});
  config.out = path("file");
  expectTold(config, "out", {path("file").string(), "not a folder"});
}

TEST_F(BadInput, ADestinationThatMayNotBeWritten) {
  auto config = e2eConfig();
  fs::create_directory(path("locked"));
  fs::permissions(path("locked"), fs::perms::owner_read | fs::perms::owner_exec);
  config.out = path("locked") / "run";
  if (std::ofstream(path("locked") / "probe")) GTEST_SKIP() << "this user may write anywhere (root)";
  expectTold(config, "out", {config.out.string(), "permission"});
}

TEST_F(BadInput, EveryMistakeIsToldAtOnce) {
  auto config = e2eConfig();
  config.rank.value = std::int64_t{65};
  config.completion = "reff";
  config.maxLength = 513;
  config.learningRate = -1;
  writeText(path("file"), "text");
  config.out = path("file");
  const auto plan = engine_->plan(config);
  std::set<std::string> keys;
  for (const auto& problem : plan.problems) keys.insert(problem.key);
  EXPECT_EQ(keys, (std::set<std::string>{"data", "lr", "max-length", "out", "rank"})) << joinProblems(plan.problems);
  expectRefused(config, {"65", "reff", "513", "lr", path("file").string()});
}

TEST_F(BadInput, AResumeOfWhatIsNoRun) {
  Recorder events;
  auto resumed = engine_->resume(path("nowhere"), events);
  ASSERT_FALSE(resumed);
  expectContains(resumed.error().message, {path("nowhere").string()});
  resumed = engine_->resume(sampleModel(), events);
  ASSERT_FALSE(resumed);
  expectContains(resumed.error().message, {sampleModel().string(), "config.yaml"});
}

TEST_F(BadInput, AResumeWithoutASoundCheckpoint) {
  const auto config = e2eConfig();
  trained(config);
  writeText(config.out / "checkpoints" / "step-000004" / "state.safetensors", "damaged");
  Recorder events;
  const auto resumed = engine_->resume(config.out, events);
  ASSERT_FALSE(resumed);
  expectContains(resumed.error().message, {"step-000004", "state.safetensors"});
}

}  // namespace
}  // namespace rosa::test
