// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "cli_fixture.h"

namespace rosa::test {
namespace {

class CliInput : public CliFixture {
 protected:
  /// Expects exit code 2, a message with each of `words`, and that nothing was created, in ROSA_HOME neither.
  void expectRefused(const std::vector<std::string>& arguments, const std::vector<std::string>& words) {
    const auto result = rosa(arguments);
    EXPECT_EQ(result.exitCode, kWrongInput) << result.output << result.error;
    for (const auto& word : words) {
      EXPECT_NE(result.error.find(word), std::string::npos) << "no '" << word << "' in: " << result.error;
    }
    EXPECT_TRUE(result.output.empty()) << result.output;
    EXPECT_FALSE(fs::exists(run_));
    EXPECT_FALSE(fs::exists(home()));
  }

  [[nodiscard]] std::vector<std::string> with(std::vector<std::string> more) const {
    return trainArguments(run_, std::move(more));
  }

  fs::path run_ = folder_.path() / "run";
};

TEST_F(CliInput, UnknownFlagNamesTheNearest) {
  expectRefused(with({"--rnak", "8"}), {"rnak", "rank"});
  const auto result = rosa(with({"--rnak", "8"}));
  EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
  expectRefused(with({"--rnak=8", "stray"}), {"rnak", "'stray' is not expected"});
}

TEST_F(CliInput, EveryMistakeIsListedAtOnce) {
  expectRefused(with({"--lr", "fast", "--batch", "0", "--method", "roza"}), {"lr", "batch", "method", "rosa"});
}

TEST_F(CliInput, MistakesOfModelDataMethodAndPlaceAreListedAtOnce) {
  std::ofstream(folder_.path() / "file") << "not a folder";
  const auto place = folder_.path() / "file" / "run";
  expectRefused(with({"--rank", "65", "--completion", "reff", "--max-length", "4000", "--out", place.string()}),
                {"65", "reff", "4000", place.string()});
  // Flags that cannot be read do not hide what else is wrong.
  expectRefused(with({"--lr", "fast", "--completion", "reff", "--layers", "zz"}), {"fast", "reff", "zz"});
  // Nor does a model that is not there hide mistakes in the data.
  expectRefused(with({"--model", place.string(), "--completion", "reff"}), {place.string(), "reff"});
}

TEST_F(CliInput, EvaluationAndBenchSayWhatIsNotSet) {
  expectRefused({"eval", "--json"}, {"model: is not set", "data: is not set"});
  expectRefused({"bench", "train", "--json"}, {"model: is not set", "data: is not set"});
}

TEST_F(CliInput, WrongValidationPath) {
  const auto absent = (folder_.path() / "valid.csv").string();
  expectRefused(with({"--valid", absent}), {absent});
}

TEST_F(CliInput, WrongModelPath) {
  const auto absent = (folder_.path() / "no-model").string();
  expectRefused(with({"--model", absent}), {absent});
}

TEST_F(CliInput, UnsupportedArchitecture) {
  const auto model = folder_.path() / "model";
  fs::copy(samples() / "stories260k", model);
  auto config = json::parse(std::ifstream(model / "config.json"));
  config["architectures"] = {"MambaForCausalLM"};
  config["model_type"] = "mamba";
  fs::permissions(model / "config.json", fs::perms::owner_all);
  std::ofstream(model / "config.json") << config;
  expectRefused(with({"--model", model.string()}), {"config.json", "Mamba"});
}

TEST_F(CliInput, TruncatedWeights) {
  const auto model = folder_.path() / "model";
  fs::copy(samples() / "stories260k", model);
  fs::permissions(model / "model.safetensors", fs::perms::owner_all);
  fs::resize_file(model / "model.safetensors", 500000);
  expectRefused(with({"--model", model.string()}), {"model.safetensors"});
}

TEST_F(CliInput, TokenizerWithoutAModel) {
  const auto model = folder_.path() / "model";
  fs::copy(samples() / "stories260k", model);
  fs::permissions(model / "tokenizer.json", fs::perms::owner_all);
  std::ofstream(model / "tokenizer.json") << "{}";
  expectRefused(with({"--model", model.string()}), {"tokenizer.json"});
}

TEST_F(CliInput, AbsentColumnListsTheColumns) {
  expectRefused(with({"--completion", "reff"}), {"reff", "mr", "ref"});
}

TEST_F(CliInput, RankAboveTheSmallerSideNamesLayerAndLargestRank) {
  expectRefused(with({"--rank", "65"}), {"model.layers.0.self_attn.k_proj", "32"});
  const auto error = rosa(with({"--rank", "65"})).error;
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 1) << "one sentence, not one a layer:\n" << error;
}

TEST_F(CliInput, LayerChoiceThatMatchesNothing) {
  expectRefused(with({"--layers", "c_attn"}), {"c_attn", "self_attn"});
}

TEST_F(CliInput, LabelsOfTheWrongKind) {
  expectRefused(with({"--task", "regression", "--text", "mr", "--label", "ref"}), {"ref"});
}

TEST_F(CliInput, ExistingRunFolder) {
  fs::create_directories(run_);
  std::ofstream(run_ / "something") << "mine";
  const auto result = rosa(with({"--steps", "1"}));
  EXPECT_EQ(result.exitCode, kWrongInput);
  EXPECT_NE(result.error.find(run_.string()), std::string::npos) << result.error;
  EXPECT_EQ(std::distance(fs::directory_iterator(run_), fs::directory_iterator()), 1);
}

TEST_F(CliInput, ExportAndResumeOfSomethingElse) {
  expectRefused({"resume", (folder_.path() / "nothing").string()}, {"nothing"});
  expectRefused({"export", (folder_.path() / "nothing").string(), "--to", run_.string()}, {"nothing"});
}

TEST_F(CliInput, InspectSaysWhatAPathIs) {
  const auto kindOf = [&](const fs::path& path) {
    const auto result = rosa({"inspect", path.string(), "--json"});
    EXPECT_EQ(result.exitCode, 0) << result.error;
    return json::parse(result.output).at("kind").get<std::string>();
  };
  EXPECT_EQ(kindOf(samples() / "stories260k"), "model");
  EXPECT_EQ(kindOf(samples() / "stories260k" / "model.safetensors"), "safetensors");
  EXPECT_EQ(kindOf(samples() / "stories260k" / "tokenizer.json"), "tokenizer");
  EXPECT_EQ(kindOf(samples() / "e2e" / "train.csv"), "data");
}

TEST_F(CliInput, DoctorAndInitAnswerInJson) {
  const auto doctor = rosa({"doctor", "--json"});
  ASSERT_EQ(doctor.exitCode, 0) << doctor.error;
  EXPECT_GE(json::parse(doctor.output).at("cores").get<int>(), 1);

  const auto model = folder_.path() / "tiny";
  const auto made =
      rosa({"init", "--arch", "gpt2", "--preset", "tiny", "--seed", "3", "--to", model.string(), "--json"});
  ASSERT_EQ(made.exitCode, 0) << made.error;
  EXPECT_GT(json::parse(made.output).at("parameters").get<int>(), 0);
  EXPECT_EQ(json::parse(std::ifstream(model / "config.json")).at("model_type"), "gpt2");
}

}  // namespace
}  // namespace rosa::test
