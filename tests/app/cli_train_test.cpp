// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli_fixture.h"

namespace rosa::test {
namespace {

class CliTrain : public CliFixture {};

TEST_F(CliTrain, TrainsExportsEvaluatesAndGenerates) {
  const auto run = folder_.path() / "run";
  const auto result = rosa(trainArguments(run, {"--steps", "30", "--resample-every", "10steps", "--lr", "2e-3",
                                                "--eval-every", "15steps", "--save-every", "15steps"}));
  ASSERT_EQ(result.exitCode, 0) << result.error;
  const auto all = events(result.output);
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(named(all, "run_started").size(), 1U);
  const auto steps = named(all, "step_completed");
  ASSERT_EQ(steps.size(), 30U);
  EXPECT_EQ(steps.back().at("step"), 30);
  EXPECT_LT(steps.back().at("loss").get<double>(), steps.front().at("loss").get<double>());

  const auto resamples = named(all, "resample_completed");
  ASSERT_EQ(resamples.size(), 3U) << "the first draw and those after steps 10 and 20";
  for (std::size_t i = 1; i < resamples.size(); ++i) {
    EXPECT_NEAR(resamples[i].at("loss_before").get<double>(), resamples[i].at("loss_after").get<double>(), 1e-5);
    EXPECT_GT(resamples[i].at("coverage").get<double>(), resamples[i - 1].at("coverage").get<double>());
  }
  EXPECT_EQ(named(all, "evaluation_completed").size(), 2U);
  EXPECT_GE(named(all, "checkpoint_saved").size(), 2U);
  EXPECT_EQ(named(all, "run_finished").at(0).at("outcome"), "completed");

  const auto merged = folder_.path() / "merged";
  const auto exported = rosa({"export", run.string(), "--to", merged.string(), "--json"});
  ASSERT_EQ(exported.exitCode, 0) << exported.error;
  const auto report = json::parse(exported.output);
  EXPECT_LT(report.at("largest_logit_difference").get<double>(), 1e-4);
  EXPECT_GT(report.at("compared_logits").get<int>(), 0);
  for (const auto* file :
       {"config.json", "model.safetensors", "tokenizer.json", "generation_config.json", "README.md"}) {
    EXPECT_TRUE(fs::exists(merged / file)) << file;
  }

  const auto dev = (samples() / "e2e" / "dev.csv").string();
  const std::vector<std::string> task = {"--data",       dev,   "--task",     "completion", "--prompt", "mr",
                                         "--completion", "ref", "--max-rows", "40",         "--json"};
  const auto evaluate = [&](const fs::path& model) {
    std::vector<std::string> arguments = {"eval", "--model", model.string()};
    arguments.insert(arguments.end(), task.begin(), task.end());
    const auto evaluated = rosa(arguments);
    EXPECT_EQ(evaluated.exitCode, 0) << evaluated.error;
    return json::parse(evaluated.output).at("loss").get<double>();
  };
  EXPECT_LT(evaluate(merged), evaluate(samples() / "stories260k")) << "training on E2E lowers the loss on E2E";

  const auto text = rosa({"generate", "--model", merged.string(), "--prompt", "name[The Vaults], eatType[pub]",
                          "--max-new-tokens", "12", "--json"});
  ASSERT_EQ(text.exitCode, 0) << text.error;
  EXPECT_FALSE(json::parse(text.output).at("text").get<std::string>().empty());

  const auto listed = rosa({"runs", "list", "--json"});
  ASSERT_EQ(listed.exitCode, 0) << listed.error;
  const auto runs = json::parse(listed.output);
  ASSERT_EQ(runs.size(), 1U) << "a run outside ROSA_HOME is registered";
  EXPECT_EQ(runs[0].at("status"), "completed");
  EXPECT_GE(runs[0].at("export_difference").get<double>(), 0);
}

TEST_F(CliTrain, EveryMethodTrains) {
  for (const auto* method : {"rosa", "lora", "full"}) {
    const auto run = folder_.path() / method;
    const auto result = rosa(trainArguments(run, {"--steps", "12", "--method", method, "--lr", "1e-3"}));
    ASSERT_EQ(result.exitCode, 0) << method << ": " << result.error;
    const auto steps = named(events(result.output), "step_completed");
    ASSERT_EQ(steps.size(), 12U);
    EXPECT_GT(steps.front().at("gradient_norm").get<double>(), 0) << method;
    EXPECT_LT(steps.back().at("loss").get<double>(), steps.front().at("loss").get<double>()) << method;
  }
}

TEST_F(CliTrain, ResumedRunEqualsTheUninterruptedOne) {
  const std::vector<std::string> settings = {
      "--steps", "16", "--resample-every", "5steps", "--save-every", "6steps", "--accumulate", "2", "--dropout", "0.1"};
  const auto whole = folder_.path() / "whole";
  ASSERT_EQ(rosa(trainArguments(whole, settings)).exitCode, 0);

  // Stopped by Ctrl-C in the middle, then resumed.
  const auto cut = folder_.path() / "cut";
  auto arguments = trainArguments(cut, settings);
  arguments.insert(arguments.begin(), program().string());
  Process process(arguments, environment());
  while (process.running() && process.outputSoFar().find("\"step_completed\"") == std::string::npos) {
  }
  process.signal(SIGINT);
  const auto stopped = process.wait();
  ASSERT_EQ(stopped.exitCode, 0) << stopped.error;
  const auto finished = named(events(stopped.output), "run_finished");
  ASSERT_EQ(finished.size(), 1U);
  if (finished[0].at("outcome") == "stopped") {
    const auto resumed = rosa({"resume", cut.string(), "--events", "jsonl"});
    ASSERT_EQ(resumed.exitCode, 0) << resumed.error;
  }

  const auto losses = [](const fs::path& run) {
    std::map<int, double> byStep;
    std::ifstream in(run / "events.jsonl");
    for (std::string line; std::getline(in, line);) {
      const auto event = json::parse(line);
      if (event.at("event") == "step_completed") byStep[event.at("step")] = event.at("loss");
    }
    return byStep;
  };
  EXPECT_EQ(losses(whole), losses(cut)) << "bit for bit";

  const auto exportOf = [&](const fs::path& run) {
    const auto to = folder_.path() / (run.filename().string() + "-merged");
    EXPECT_EQ(rosa({"export", run.string(), "--to", to.string()}).exitCode, 0);
    std::ifstream in(to / "model.safetensors", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  EXPECT_TRUE(exportOf(whole) == exportOf(cut)) << "the exported weights differ";
}

}  // namespace
}  // namespace rosa::test
