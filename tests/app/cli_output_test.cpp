// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <sstream>

#include "cli_fixture.h"

namespace rosa::test {
namespace {

/// What the commands print, and how Ctrl-C ends a run.
class CliOutput : public CliFixture {
 protected:
  /// Trains until the run is stopped by signals.
  [[nodiscard]] Process endless(const fs::path& run) const {
    auto arguments = trainArguments(run, {"--steps", "100000", "--save-every", "never", "--eval-every", "never",
                                          "--resample-every", "never", "--sample-tokens", "0"});
    arguments.insert(arguments.begin(), program().string());
    return {arguments, environment()};
  }
  static void waitForSteps(Process& process) {
    while (process.running() && process.outputSoFar().find("\"step_completed\"") == std::string::npos) {
    }
  }

  /// The one JSON value that a command printed.
  [[nodiscard]] json answer(const std::vector<std::string>& arguments) const {
    const auto result = rosa(arguments);
    EXPECT_EQ(result.exitCode, 0) << arguments[0] << ": " << result.error;
    EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 1) << arguments[0] << ": " << result.output;
    return json::parse(result.output, nullptr, false);
  }
};

TEST_F(CliOutput, ProgressInAPipeIsPlainLinesAndFew) {
  auto arguments = trainArguments(folder_.path() / "run", {"--steps", "40", "--sample-tokens", "0"});
  arguments.erase(std::find(arguments.begin(), arguments.end(), "--events"),
                  std::find(arguments.begin(), arguments.end(), "--events") + 2);
  const auto result = rosa(arguments);
  ASSERT_EQ(result.exitCode, 0) << result.error;
  EXPECT_EQ(result.output.find_first_of("\r\033"), std::string::npos) << result.output;
  for (const char* part : {"step 40/40", "loss", "tokens/s", "MiB", "left", "completed after step 40"}) {
    EXPECT_NE(result.output.find(part), std::string::npos) << "no " << part << " in:\n" << result.output;
  }
  EXPECT_LT(std::count(result.output.begin(), result.output.end(), '\n'), 40) << "not a line a step";
}

TEST_F(CliOutput, RunsAreTaggedNotedRenamedFoundAndDeleted) {
  const auto run = folder_.path() / "run";
  ASSERT_EQ(rosa(trainArguments(run, {"--steps", "1", "--sample-tokens", "0", "--name", "first"})).exitCode, 0);
  ASSERT_EQ(rosa(trainArguments(folder_.path() / "other", {"--steps", "1", "--sample-tokens", "0"})).exitCode, 0);

  EXPECT_EQ(rosa({"runs", "tag", "first", "baseline", "small batch"}).exitCode, 0);
  EXPECT_EQ(rosa({"runs", "tag", run.string(), "--remove", "small batch"}).exitCode, 0);
  EXPECT_EQ(rosa({"runs", "note", "first", "Loss falls slowly"}).exitCode, 0);
  EXPECT_EQ(rosa({"runs", "rename", "first", "the good one"}).exitCode, 0);
  const auto found = answer({"runs", "list", "--search", "BASE rosa slowly", "--json"});
  ASSERT_EQ(found.size(), 1U) << found;
  EXPECT_EQ(found[0].at("name"), "the good one");
  EXPECT_EQ(found[0].at("tags"), json::array({"baseline"}));
  EXPECT_EQ(found[0].at("note"), "Loss falls slowly");
  EXPECT_GT(found[0].at("disk_bytes"), 0);
  EXPECT_EQ(answer({"runs", "list", "--search", "baseline nowhere", "--json"}).size(), 0U);

  const auto refused = rosa({"runs", "tag", "other", "a,b"});
  EXPECT_EQ(refused.exitCode, 2);
  EXPECT_NE(refused.error.find("\"a,b\" cannot be a tag"), std::string::npos) << refused.error;

  const auto asked = rosa({"runs", "delete", "the good one", run.string()});
  EXPECT_EQ(asked.exitCode, 2);
  EXPECT_NE(asked.error.find("Add --yes"), std::string::npos) << asked.error;
  EXPECT_TRUE(fs::exists(run / "config.yaml"));
  EXPECT_EQ(rosa({"runs", "delete", "the good one", run.string(), "--yes"}).exitCode, 0);
  EXPECT_FALSE(fs::exists(run));
  EXPECT_EQ(answer({"runs", "list", "--json"}).size(), 1U);
}

TEST_F(CliOutput, EveryCommandWithAResultAnswersInJson) {
  const auto model = (samples() / "stories260k").string();
  const auto data = (samples() / "e2e" / "dev.csv").string();
  const auto run = folder_.path() / "run";
  ASSERT_EQ(rosa(trainArguments(run, {"--steps", "2", "--sample-tokens", "0", "--name", "first"})).exitCode, 0);
  ASSERT_EQ(rosa(trainArguments(folder_.path() / "other", {"--steps", "1", "--sample-tokens", "0"})).exitCode, 0);

  EXPECT_EQ(answer({"export", run.string(), "--to", (folder_.path() / "m").string(), "--json"}).at("step"), 2);
  const auto timed = answer({"bench", "generate", "--model", model, "--new-tokens", "9", "--weights", "int8"});
  EXPECT_EQ(timed.at("tokens"), 9);
  EXPECT_GT(timed.at("tokens_per_second"), 0);
  const auto sound = answer({"export", "--check", (folder_.path() / "m").string(), "--json"});
  EXPECT_TRUE(sound.at("sound") == true && sound.at("dtype") == "fp32") << sound;
  const auto delta = (folder_.path() / "m.rosadelta.safetensors").string();
  const auto written = answer({"export", run.string(), "--as", "delta", "--to", delta, "--json"});
  EXPECT_LT(written.at("bytes"), written.at("whole_bytes"));
  const auto again = answer({"apply", delta, "--base", model, "--to", (folder_.path() / "again").string(), "--json"});
  EXPECT_EQ(again.at("bytes"), written.at("whole_bytes"));
  EXPECT_EQ(answer({"runs", "--json"}).size(), 2U);
  EXPECT_EQ(answer({"runs", "list", "--json"}).size(), 2U);
  EXPECT_EQ(answer({"runs", "show", "first", "--json"}).at("directory"), run.string());
  EXPECT_EQ(answer({"runs", "compare", "first", "other", "--json"}).size(), 2U);
  EXPECT_EQ(answer({"inspect", run.string(), "--json"}).at("kind"), "run");
  EXPECT_TRUE(
      answer({"generate", "--model", model, "--prompt", "Once", "--max-new-tokens", "2", "--json"}).contains("text"));
  const auto evaluated = answer({"eval", "--model", model, "--data", data, "--task", "completion", "--prompt", "mr",
                                 "--completion", "ref", "--max-rows", "4", "--threads", "1", "--json"});
  EXPECT_TRUE(evaluated.contains("loss") && evaluated.contains("perplexity")) << evaluated;

  for (const char* key : {"max_length", "truncated_examples", "dropped_examples"}) {
    EXPECT_TRUE(evaluated.contains(key)) << key << " is not in " << evaluated;
  }

  const auto bench = answer({"bench",     "train", "--model",      model, "--data",     data, "--task",  "completion",
                             "--prompt",  "mr",    "--completion", "ref", "--max-rows", "16", "--steps", "3",
                             "--untimed", "1",     "--threads",    "1",   "--json"});
  for (const char* key : {"tokens_per_second", "step_seconds", "padding_fraction", "peak_memory_mb", "first_loss",
                          "last_loss", "gradient_norm", "resample_seconds", "gemm_gflops", "share_of_wall"}) {
    EXPECT_TRUE(bench.contains(key) && bench.at(key).is_number()) << key;
  }
  EXPECT_EQ(bench.at("padding_fraction"), 0);
  EXPECT_NEAR(bench.at("plain_loss").get<double>(), bench.at("first_loss").get<double>(), 1e-5);
  EXPECT_EQ(bench.at("threads"), 1);

  const std::vector<std::string> settings = {"--model",   model, "--data",       data,  "--task",     "completion",
                                             "--prompt",  "mr",  "--completion", "ref", "--max-rows", "16",
                                             "--threads", "1"};
  auto resampling = settings, loading = settings;
  resampling.insert(resampling.begin(), {"bench", "resample", "--times", "2"});
  loading.insert(loading.begin(), {"bench", "load"});
  const auto resampled = answer(resampling);
  EXPECT_GT(resampled.at("layers"), 0);
  EXPECT_GT(resampled.at("seconds"), 0);
  EXPECT_NEAR(resampled.at("loss_before").get<double>(), resampled.at("loss_after").get<double>(), 1e-5);
  const auto loaded = answer(loading);
  EXPECT_GT(loaded.at("first_step_seconds"), loaded.at("open_seconds"));
  EXPECT_NEAR(loaded.at("first_loss").get<double>(), bench.at("first_loss").get<double>(), 1e-5);
  EXPECT_TRUE(loaded.at("instructions").is_string());
}

TEST_F(CliOutput, APlanIsWhatTheRunThenDoes) {
  const auto run = folder_.path() / "run";
  auto arguments = trainArguments(run, {"--epochs", "2", "--resample-every", "10steps", "--sample-tokens", "0"});
  const auto trained = [&] {
    std::string begun;
    std::istringstream lines(rosa(arguments).output);
    std::getline(lines, begun);
    while (begun.find("\"run_started\"") == std::string::npos && std::getline(lines, begun)) {
    }
    return json::parse(begun);
  };
  auto asked = arguments;
  asked[0] = "plan";
  asked.erase(std::find(asked.begin(), asked.end(), "--events"), std::find(asked.begin(), asked.end(), "--events") + 2);
  const auto shown = rosa(asked);
  EXPECT_EQ(shown.exitCode, 0) << shown.error;
  for (const char* part : {"Llama, 260,032 parameters", "35 layers", "32 steps, 16 an epoch, 3 resamples", "Memory",
                           "0.01 (our runs on E2E, stories260k)"}) {
    EXPECT_NE(shown.output.find(part), std::string::npos) << "no " << part << " in:\n" << shown.output;
  }
  asked.emplace_back("--json");
  const auto plan = answer(asked);
  EXPECT_FALSE(fs::exists(run)) << "a plan writes nothing";
  auto wrong = asked;
  wrong.insert(wrong.end(), {"--rank", "65"});
  const auto refused = rosa(wrong);
  EXPECT_EQ(refused.exitCode, 2);
  EXPECT_EQ(json::parse(refused.output).at("problems").size(), 1);
  EXPECT_NE(refused.error.find("rank"), std::string::npos) << refused.error;

  const auto started = trained();
  EXPECT_EQ(plan.at("total_steps"), started.at("total_steps"));
  EXPECT_EQ(plan.at("trainable_parameters"), started.at("trainable_parameters"));
  EXPECT_EQ(plan.at("train_rows"), started.at("train_examples"));
  EXPECT_EQ(plan.at("layers").size(), started.at("adapted_layers"));
}

TEST_F(CliOutput, WhatIsCutLeftOutOrNotReadIsToldOnStderrInBothForms) {
  const std::vector<std::string> settings = {"--steps",          "1",    "--sample-tokens", "0",   "--max-length", "40",
                                             "--separator",      " ",    "--moment-prune",  "0.5", "--warmup",     "0",
                                             "--resample-every", "never"};
  auto plain = trainArguments(folder_.path() / "plain", settings);
  plain.erase(std::find(plain.begin(), plain.end(), "--events"), std::find(plain.begin(), plain.end(), "--events") + 2);
  for (const auto& arguments : {plain, trainArguments(folder_.path() / "json", settings)}) {
    const auto result = rosa(arguments);
    ASSERT_EQ(result.exitCode, 0) << result.error;
    for (const char* part : {"examples of train.csv", "cut to 40 tokens", "note: moment-prune: has no effect"}) {
      EXPECT_NE(result.error.find(part), std::string::npos) << "no '" << part << "' in: " << result.error;
    }
  }
  const auto evaluated = rosa({"eval", "--model", (samples() / "stories260k").string(), "--data",
                               (samples() / "e2e" / "train.csv").string(), "--task", "completion", "--prompt", "mr",
                               "--completion", "ref", "--max-rows", "64", "--max-length", "40", "--threads", "1"});
  EXPECT_EQ(evaluated.exitCode, 0) << evaluated.error;
  EXPECT_NE(evaluated.error.find("cut to 40 tokens"), std::string::npos) << evaluated.error;
}

TEST_F(CliOutput, CtrlCOnceSavesAndTheRunCanBeResumed) {
  const auto run = folder_.path() / "run";
  auto process = endless(run);
  waitForSteps(process);
  process.signal(SIGINT);
  const auto stopped = process.wait();
  EXPECT_EQ(stopped.exitCode, 0) << stopped.error;
  const auto finished = named(events(stopped.output), "run_finished");
  ASSERT_EQ(finished.size(), 1U);
  EXPECT_EQ(finished[0].at("outcome"), "stopped");
  const auto saved = named(events(stopped.output), "checkpoint_saved");
  ASSERT_EQ(saved.size(), 1U);
  EXPECT_EQ(saved[0].at("step"), finished[0].at("step"));
  EXPECT_EQ(json::parse(rosa({"runs", "show", run.string(), "--json"}).output).at("resumable"), true);
}

TEST_F(CliOutput, TheEndOfASessionSavesHoweverManySignalsItSends) {
  const auto run = folder_.path() / "run";
  auto process = endless(run);
  waitForSteps(process);
  process.signal(SIGSTOP);  // all of them at once
  for (const int number : {SIGHUP, SIGTERM}) process.signal(number);
  process.signal(SIGCONT);
  const auto stopped = process.wait();
  EXPECT_EQ(stopped.exitCode, 0) << stopped.error;
  EXPECT_EQ(named(events(stopped.output), "checkpoint_saved").size(), 1U);
  EXPECT_EQ(json::parse(rosa({"runs", "show", run.string(), "--json"}).output).at("resumable"), true);
}

TEST_F(CliOutput, ARunUnderNohupOutlivesItsTerminal) {
  const auto run = folder_.path() / "run";
  auto arguments = trainArguments(run, {"--steps", "40", "--eval-every", "never", "--sample-tokens", "0"});
  arguments.insert(arguments.begin(), {"/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh", program().string()});
  Process process(arguments, environment());
  waitForSteps(process);
  process.signal(SIGHUP);
  const auto ended = process.wait();
  EXPECT_EQ(ended.exitCode, 0) << ended.error;
  EXPECT_EQ(named(events(ended.output), "run_finished").at(0).at("outcome"), "completed");
}

/// `rosa train --events jsonl` into a shell command; the exit code is that of rosa.
std::vector<std::string> piped(std::vector<std::string> train, const std::string& reader) {
  train.insert(train.begin(), {"/bin/bash", "-c", "\"$@\" | (" + reader + "); exit ${PIPESTATUS[0]}", "bash"});
  return train;
}

TEST_F(CliOutput, AReaderThatGoesAwayLeavesTheRunToFinish) {
  for (const bool lines : {true, false}) {
    const auto run = folder_.path() / (lines ? "lines" : "plain");
    auto arguments = trainArguments(run, {"--steps", "30", "--eval-every", "never", "--sample-tokens", "0"});
    arguments.insert(arguments.begin(), program().string());
    if (!lines) arguments.erase(std::ranges::find(arguments, "--events"), std::ranges::find(arguments, "jsonl") + 1);
    const auto result = Process(piped(arguments, "head -1"), environment()).wait();
    EXPECT_EQ(result.exitCode, 0) << result.error;
    EXPECT_EQ(std::ranges::count(result.output, '\n'), 1);
    std::ifstream in(run / "events.jsonl");
    const std::string stored{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(named(events(stored), "run_finished").at(0).at("outcome"), "completed");
  }
}

TEST_F(CliOutput, ASlowReaderDoesNotStallTheRunAndMissesNothing) {
  const auto run = folder_.path() / "run";
  auto arguments = trainArguments(run, {"--steps", "120", "--eval-every", "never", "--sample-tokens", "0"});
  arguments.insert(arguments.begin(), program().string());
  // Reads nothing until the run folder says that the run is over; a pipe holds 64 KiB.
  const auto reader = "for i in $(seq 3000); do grep -q run_finished '" + (run / "events.jsonl").string() +
                      "' 2>/dev/null && break; sleep 0.1; done; [ $i -lt 3000 ] && cat";
  const auto result = Process(piped(arguments, reader), environment()).wait();
  EXPECT_EQ(result.exitCode, 0) << result.error;
  ASSERT_GT(result.output.size(), 65536U) << "the pipe holds it all, or the run waited for its reader";
  EXPECT_EQ(named(events(result.output), "step_completed").size(), 120U);
  EXPECT_EQ(named(events(result.output), "run_finished").size(), 1U);
}

TEST_F(CliOutput, CtrlCTwiceStopsWithoutASaveAndSaysSoByItsExitCode) {
  auto process = endless(folder_.path() / "run");
  waitForSteps(process);
  process.signal(SIGSTOP);  // both signals wait until it goes on, so that the first has no time to save
  process.signal(SIGINT);
  process.signal(SIGTERM);
  process.signal(SIGCONT);
  const auto stopped = process.wait();
  EXPECT_EQ(stopped.exitCode, 1) << stopped.error;
  EXPECT_TRUE(named(events(stopped.output), "checkpoint_saved").empty());
}

}  // namespace
}  // namespace rosa::test
