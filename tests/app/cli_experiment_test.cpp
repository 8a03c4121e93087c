// SPDX-License-Identifier: GPL-3.0-or-later
#include <unistd.h>

#include <algorithm>

#include "cli_fixture.h"

namespace rosa::test {
namespace {

class CliExperiment : public CliFixture {
 protected:
  CliExperiment() {
    fs::create_directories(folder_.path() / "e2e");
    for (const char* file : {"trainset.csv", "devset.csv", "testset_w_refs.csv"}) {
      std::ofstream(folder_.path() / "e2e" / file) << "mr,ref\nname[A],A is a pub.\nname[B],B is a pub.\n";
    }
  }

  [[nodiscard]] ProcessResult experiment(const std::string& name, std::vector<std::string> more) const {
    std::vector<std::string> arguments = {
        "experiment", name,    "--to",    place_.string(), "--threads",
        "1",          "--set", "batch=2", "--model",       (samples() / "stories260k").string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return rosa(arguments);
  }
  /// Expects exit code 2, one sentence with each of `words`, and that nothing was created.
  void expectRefused(const std::string& name, std::vector<std::string> more, const std::vector<std::string>& words) {
    const auto result = experiment(name, std::move(more));
    EXPECT_EQ(result.exitCode, kWrongInput) << result.output << result.error;
    for (const auto& word : words) {
      EXPECT_NE(result.error.find(word), std::string::npos) << "no '" << word << "' in: " << result.error;
    }
    EXPECT_EQ(std::ranges::count(result.error, '\n'), 1) << result.error;
    EXPECT_TRUE(result.output.empty()) << result.output;
    EXPECT_FALSE(fs::exists(place_));
    EXPECT_FALSE(fs::exists(home()));
  }

  [[nodiscard]] std::string e2e() const { return (folder_.path() / "e2e").string(); }

  fs::path place_ = folder_.path() / "experiment";
};

TEST_F(CliExperiment, MethodsThatAreUnknownOrUnclearAreRefused) {
  for (const char* name : {"nlu", "nlg", "spectrum"}) {
    expectRefused(name, {"--data", e2e(), "--method", "roza"}, {"\"roza\"", "rosa, lora"});
    expectRefused(name, {"--data", e2e(), "--variant", "top"}, {"\"top\"", "NAME:KEY=VALUE"});
    expectRefused(name, {"--data", e2e(), "--method", "rosa", "--set-for", "lora:lr=1"}, {"\"lora:lr=1\"", "rosa"});
  }
}

TEST_F(CliExperiment, MistakesOfDataAndSettingsAreRefused) {
  expectRefused("nlu", {"--data", e2e(), "--task", "SQuAD"}, {"\"SQuAD\"", "CoLA"});
  expectRefused("nlg", {"--data", home().string()}, {"trainset.csv", "--data"});
  expectRefused("nlg", {"--data", e2e(), "--beams", "0"}, {"beams"});
  expectRefused("nlg", {"--data", e2e(), "--set", "lr"}, {"\"lr\"", "KEY=VALUE"});
  expectRefused("spectrum", {"--data", e2e() + "/trainset.csv", "--cycles", "1"}, {"cycles"});
  expectRefused("spectrum", {"--data", e2e() + "/trainset.csv", "--set", "steps=5"}, {"steps"});
}

TEST_F(CliExperiment, AVariantStartsFromTheMethodThatItNames) {
  const auto result =
      experiment("nlg", {"--data", e2e(), "--variant", "top:method=rosa,slice=top,rank=2,resample-every=never",
                         "--variant", "two:method=lora,layers=*.q_proj,*.v_proj", "--seeds", "1", "--epochs", "1",
                         "--decode-rows", "0", "--json"});
  ASSERT_EQ(result.exitCode, 0) << result.error;
  std::ifstream in(place_ / "config.json");
  const auto methods = json::parse(in).at("methods");
  ASSERT_EQ(methods.size(), 2U) << methods;
  const auto top = methods.at("top").get<std::vector<std::string>>();
  EXPECT_EQ(top.front(), "method=rosa") << "the known settings come first";
  EXPECT_EQ(top.back(), "resample-every=never");
  EXPECT_EQ(methods.at("two").back(), "layers=*.q_proj,*.v_proj") << "a comma within a value stays in it";
  EXPECT_TRUE(fs::exists(place_ / "raw" / "top-s0.json"));
}

TEST_F(CliExperiment, InTheQueueItIsListedStoppedAndGoneOnWith) {
  const auto status = [this](const std::string& directory) {
    for (const auto& record : json::parse(rosa({"runs", "list", "--json"}).output)) {
      if (record.at("directory") == directory) return record;
    }
    return json();
  };
  const auto waitFor = [&](const std::string& directory, const std::string& wanted) {
    for (int i = 0; i < 600; ++i) {
      const auto now = status(directory);
      // What has ended stays as it is.
      if (now.at("status") == wanted || now.at("status") == "failed") return now;
      ::usleep(100'000);
    }
    return status(directory);
  };
  const auto begin = [this](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"experiment", "--background", "synthetic", "--network", "linear", "--rank",
                                          "1",          "--instances",  "2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto begun = rosa(arguments);
    EXPECT_EQ(begun.exitCode, 0) << begun.error;
    return begun.output.substr(0, begun.output.find('\n'));
  };
  const auto first = begin({"--epochs", "100000000", "--to", place_.string()});
  const fs::path page = folder_.path() / "second";
  const auto second = begin({"--epochs", "16", "--to", page.string()});
  EXPECT_EQ(status(first).at("task"), "experiment");
  EXPECT_EQ(status(second).at("status"), "queued");
  EXPECT_NE(rosa({"queue"}).output.find(second), std::string::npos);
  EXPECT_EQ(waitFor(first, "running").at("name"), "experiment synthetic");
  ASSERT_EQ(rosa({"send", first, "stop"}).exitCode, 0);
  const auto stopped = waitFor(first, "stopped");
  EXPECT_EQ(stopped.at("status"), "stopped");
  EXPECT_LT(stopped.at("step"), stopped.at("total_steps"));

  const auto done = waitFor(second, "completed");
  ASSERT_EQ(done.at("status"), "completed");
  EXPECT_EQ(done.at("step"), done.at("total_steps"));
  EXPECT_TRUE(fs::exists(page / "README.md"));
  const auto told = rosa({"attach", second, "--events", "jsonl"});
  EXPECT_EQ(named(events(told.output), "run_finished").size(), 1U);
  EXPECT_GE(named(events(told.output), "log_line").size(), 2U);

  ASSERT_EQ(rosa({"resume", first, "--background"}).exitCode, 0);
  EXPECT_EQ(waitFor(first, "running").at("status"), "running");
  ASSERT_EQ(rosa({"send", first, "stop"}).exitCode, 0);
  EXPECT_EQ(waitFor(first, "stopped").at("status"), "stopped");

  const auto wrong = begin({"--to", e2e()});
  EXPECT_NE(waitFor(wrong, "failed").at("message").get<std::string>().find(e2e()), std::string::npos);
}

}  // namespace
}  // namespace rosa::test
