// SPDX-License-Identifier: GPL-3.0-or-later
#include <atomic>
#include <cmath>
#include <map>
#include <thread>

#include "engine/service/service_fixture.h"
#include "store/command_log.h"
#include "store/run_folder.h"

namespace rosa::test {
namespace {

class EngineTest : public ServiceTest {
 protected:
  /// A run that goes on until it is stopped.
  [[nodiscard]] RunConfig endlessConfig(const std::string& name) const {
    auto config = e2eConfig(name);
    config.steps = 1000000;
    config.saveEvery = config.evalEvery = config.resampleEvery = {Interval::Unit::Never, 0};
    return config;
  }
};

TEST_F(EngineTest, ASecondRunIsRefusedWhileOneTrains) {
  Recorder events;
  const auto first = engine_->train(endlessConfig("first"), events);
  ASSERT_TRUE(first) << first.error().message;
  Recorder others;
  const auto second = engine_->train(e2eConfig("second"), others);
  ASSERT_FALSE(second);
  expectContains(second.error().message, {"Another run is training"});
  EXPECT_FALSE(fs::exists(path("second")));
  const auto resumed = engine_->resume(path("first"), others);
  ASSERT_FALSE(resumed);

  (*first)->stop(StopMode::Save);
  (*first)->wait();
  trained(e2eConfig("second"));
}

TEST_F(EngineTest, AnotherEngineCannotResumeARunThatTrains) {
  auto config = endlessConfig("run");
  config.saveEvery = {Interval::Unit::Steps, 1};
  Recorder events;
  const auto run = engine_->train(config, events);
  ASSERT_TRUE(run) << run.error().message;
  while (events.all<CheckpointSaved>().empty() && !(*run)->ended()) std::this_thread::yield();
  const auto other = createEngine();
  Recorder others;
  const auto resumed = other->resume(path("run"), others);
  ASSERT_FALSE(resumed);
  expectContains(resumed.error().message, {path("run").string(), "trained by another"});
}

TEST_F(EngineTest, ARunIsDeletedWithItsFolderButNotWhileItTrains) {
  Recorder events;
  {
    const auto run = engine_->train(endlessConfig("run"), events);
    ASSERT_TRUE(run) << run.error().message;
    const auto refused = engine_->deleteRun(path("run"));
    ASSERT_FALSE(refused);
    expectContains(refused.error().message, {path("run").string()});
    EXPECT_TRUE(fs::exists(path("run") / "config.yaml"));
    (*run)->stop(StopMode::Save);
    (*run)->wait();
  }
  ASSERT_EQ(engine_->runs().value().size(), 1U);
  const auto deleted = engine_->deleteRun(path("run"));
  ASSERT_TRUE(deleted) << deleted.error().message;
  EXPECT_FALSE(fs::exists(path("run")));
  EXPECT_TRUE(engine_->runs().value().empty());
  EXPECT_FALSE(engine_->deleteRun(sampleModel())) << "what is no run is never deleted";
  EXPECT_TRUE(fs::exists(sampleModel() / "config.json"));
}

TEST_F(EngineTest, ARunIsRenamedButNotWhileItTrains) {
  {
    Recorder events;
    const auto run = engine_->train(endlessConfig("run"), events);
    ASSERT_TRUE(run) << run.error().message;
    const auto refused = engine_->renameRun(path("run"), "another");
    ASSERT_FALSE(refused);
    expectContains(refused.error().message, {path("run").string()});
    (*run)->stop(StopMode::Save);
    (*run)->wait();
  }
  const auto before = engine_->runConfig(path("run")).value();
  ASSERT_EQ(engine_->runs().value().at(0).name, "run");
  const std::string name = "Café: \"the first\" # try";
  const auto renamed = engine_->renameRun(path("run"), name);
  ASSERT_TRUE(renamed) << renamed.error().message;
  const auto runs = engine_->runs().value();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].name, name);
  EXPECT_EQ(runs[0].directory, path("run"));
  auto expected = before;
  expected.name = name;
  EXPECT_EQ(formatConfig(engine_->runConfig(path("run")).value()), formatConfig(expected)) << "nothing else changes";
  ASSERT_TRUE(engine_->renameRun(path("run"), ""));
  EXPECT_EQ(engine_->runs().value().at(0).name, "run") << "without a name the folder's";
  EXPECT_FALSE(engine_->renameRun(path("nothing"), "x"));
}

TEST_F(EngineTest, AFinishedRunTrainsLongerOnceItHasMoreSteps) {
  auto config = e2eConfig("run");
  config.steps = 3;
  trained(config);
  Recorder none;
  const auto refused = engine_->resume(path("run"), none);
  ASSERT_FALSE(refused);
  expectContains(refused.error().message, {"all its 3 steps", "--steps"});
  const auto fewer = engine_->extendRun(path("run"), 3);
  ASSERT_FALSE(fewer);
  expectContains(fewer.error().message, {"has done 3 steps"});

  ASSERT_TRUE(engine_->extendRun(path("run"), 5));
  Recorder events;
  const auto run = engine_->resume(path("run"), events);
  ASSERT_TRUE(run) << run.error().message;
  (*run)->wait();
  EXPECT_TRUE((*run)->succeeded());
  const auto steps = events.all<StepCompleted>();
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps.front().step, 4);
  EXPECT_EQ(events.all<RunFinished>().at(0).outcome, "completed");
  EXPECT_EQ(engine_->runs()->at(0).totalSteps, 5);
}

TEST_F(EngineTest, AWorkerOpensItsRunAsAPartOfIt) {
  auto config = e2eConfig("run");
  config.steps = 2;
  const auto folder = store::createRunFolder(config);
  ASSERT_TRUE(folder) << folder.error().message;
  Recorder events;
  WorkRequest request;
  request.runDirectory = folder->path;
  auto run = engine_->work(request, events);
  ASSERT_TRUE(run) << run.error().message;
  (*run)->wait();
  EXPECT_TRUE((*run)->succeeded());
  run->reset();  // and its lock
  EXPECT_FALSE(events.all<PhaseChanged>().empty());
  EXPECT_EQ(events.all<RunStarted>().size(), 1U);
  EXPECT_EQ(engine_->runs()->at(0).status, "completed");
  // As one that the engine was given: the same settings, the same course.
  auto other = config;
  other.out = path("other");
  Recorder others;
  const auto direct = engine_->train(other, others);
  ASSERT_TRUE(direct) << direct.error().message;
  (*direct)->wait();
  ASSERT_EQ(others.all<StepCompleted>().size(), 2U);
  EXPECT_EQ(others.all<StepCompleted>().back().loss, events.all<StepCompleted>().back().loss);
}

TEST_F(EngineTest, AWorkerTellsWhatItCannotOpenAndStopsWhileItOpens) {
  auto config = e2eConfig("run");
  config.rank.value = std::int64_t{4096};
  const auto folder = store::createRunFolder(config);
  ASSERT_TRUE(folder);
  Recorder events;
  WorkRequest request;
  request.runDirectory = folder->path;
  auto run = engine_->work(request, events);
  ASSERT_TRUE(run) << "what is wrong is told by the run";
  (*run)->wait();
  EXPECT_FALSE((*run)->succeeded());
  run->reset();  // and its lock
  ASSERT_EQ(events.all<RunRefused>().size(), 1U);
  expectContains(events.all<RunRefused>()[0].message, {"rank"});
  EXPECT_EQ(engine_->runs()->at(0).status, "failed");

  // A stop that was asked for before it began ends the opening.
  const auto other = store::createRunFolder(e2eConfig("other"));
  ASSERT_TRUE(other);
  ASSERT_TRUE(store::appendCommand(*other, StopRun{}));
  Recorder others;
  request.runDirectory = other->path;
  const auto stopped = engine_->work(request, others);
  ASSERT_TRUE(stopped);
  (*stopped)->wait();
  EXPECT_TRUE(others.all<StepCompleted>().size() <= 1U);
}

TEST_F(EngineTest, StoredConfigAndEventsAreThoseOfTheRun) {
  auto config = e2eConfig();
  config.rank.value = std::int64_t{4};
  Recorder events;
  trained(config, events);
  const auto stored = engine_->runConfig(config.out);
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(stored->rank, config.rank);
  EXPECT_NE(stored->form, Form::Auto) << "the form that was chosen is written down";
  const auto told = engine_->runEvents(config.out);
  ASSERT_TRUE(told) << told.error().message;
  std::vector<double> losses;
  for (const auto& event : *told) {
    if (const auto* step = std::get_if<StepCompleted>(&event)) losses.push_back(step->loss);
  }
  std::vector<double> heard;
  for (const auto& step : events.all<StepCompleted>()) heard.push_back(step.loss);
  EXPECT_EQ(losses, heard) << "bit for bit";
}

TEST_F(EngineTest, APlanCountsWhatTheRunThenTells) {
  auto config = e2eConfig();
  config.resampleEvery = {Interval::Unit::Steps, 2};
  config.steps = 5;
  const auto plan = engine_->plan(config);
  ASSERT_TRUE(plan.problems.empty()) << joinProblems(plan.problems);
  Recorder events;
  trained(config, events);
  const auto started = events.all<RunStarted>().at(0);
  EXPECT_EQ(plan.totalParameters, started.totalParameters);
  EXPECT_EQ(plan.trainableParameters, started.trainableParameters);
  EXPECT_EQ(plan.trainRows, started.trainExamples);
  EXPECT_EQ(plan.validationRows, started.validationExamples);
  EXPECT_EQ(plan.totalSteps, started.totalSteps);
  EXPECT_EQ(plan.stepsPerEpoch, started.stepsPerEpoch);
  EXPECT_EQ(static_cast<std::int64_t>(plan.layers.size()), started.adaptedLayers);
  EXPECT_EQ(plan.expectedResamples + 1, static_cast<std::int64_t>(events.all<ResampleCompleted>().size()));
  EXPECT_EQ(plan.runDirectory, started.runDirectory);
}

TEST_F(EngineTest, APlanCountsTheRowsOfAValidationFile) {
  auto config = e2eConfig();
  config.valid = samples() / "e2e" / "dev.csv";
  const auto plan = engine_->plan(config);
  EXPECT_EQ(plan.trainRows, 64) << "nothing is held out of the training file";
  EXPECT_EQ(plan.validationRows, engine_->inspectData(*config.valid, 0).value().rows);
}

TEST_F(EngineTest, EvaluationIsThatOfTheTask) {
  EvaluationRequest request{sampleModel(), e2eConfig()};
  request.data.data = samples() / "e2e" / "dev.csv";
  request.data.maxRows = 8;
  const auto report = engine_->evaluate(request);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->examples, 8);
  EXPECT_NEAR(valueOf(report->metrics, "perplexity"), std::exp(report->loss), 1e-9 * std::exp(report->loss));
  // The batch size is a matter of speed alone.
  request.data.batch = 1;
  EXPECT_NEAR(engine_->evaluate(request).value().loss, report->loss, 1e-5);
  request.data.data = path("nothing.csv");
  const auto absent = engine_->evaluate(request);
  ASSERT_FALSE(absent);
  expectContains(absent.error().message, {path("nothing.csv").string()});
}

TEST_F(EngineTest, TextIsGreedyOrDrawnByItsSeed) {
  GenerationRequest request;
  request.model = sampleModel();
  request.prompts = {"Once upon a time"};
  request.settings.maxNewTokens = 16;
  request.threads = 1;
  const auto text = [&](double temperature, std::int64_t seed) {
    request.settings.temperature = temperature;
    request.settings.seed = seed;
    const auto made = engine_->generate(request, {});
    EXPECT_TRUE(made) << made.error().message;
    return made ? made->prompts.at(0).at(0).text : "";
  };
  const auto greedy = text(0, 1);
  EXPECT_FALSE(greedy.empty());
  EXPECT_EQ(greedy, text(0, 2)) << "greedy knows no seed";
  EXPECT_EQ(text(1, 5), text(1, 5));
  EXPECT_NE(text(1.5, 5), text(1.5, 6));

  request.model = makeModel("bert");
  const auto refused = engine_->generate(request, {});
  ASSERT_FALSE(refused);
  expectContains(refused.error().message, {request.model.string(), "continues no text"});

  // Settings that contradict each other are found before a model is looked for.
  request.model = path("nothing");
  request.settings.beams = 4;
  const auto contradiction = engine_->generate(request, {});
  ASSERT_FALSE(contradiction);
  EXPECT_TRUE(contradiction.error().message.starts_with("beams: ")) << contradiction.error().message;
}

TEST_F(EngineTest, ARunThatEndsInNumbersThatAreNotFiniteIsListedAsFailed) {
  auto config = e2eConfig();
  config.learningRate = 1;
  config.weightDecay = 1e30;
  config.warmup = {};
  config.schedule = Schedule::Constant;
  config.validationSplit = 0;
  config.steps = 2;  // fewer than the three in a row that end a run before its time
  Recorder events;
  auto run = engine_->train(config, events);
  ASSERT_TRUE(run) << run.error().message;
  (*run)->wait();
  EXPECT_FALSE((*run)->succeeded());
  EXPECT_TRUE(events.all<RunFinished>().empty());
  run->reset();
  const auto runs = engine_->runs();
  ASSERT_TRUE(runs) << runs.error().message;
  ASSERT_EQ(runs->size(), 1U);
  EXPECT_EQ(runs->front().status, "failed");
  expectContains(runs->front().message, {"no longer finite", "lower learning rate"});
}

TEST_F(EngineTest, ASecondStartIsRefusedWhileTheFirstIsStillReading) {
  std::string rows = "text\n";
  for (int row = 0; row < 40000; ++row)
    rows += "the cat and the big red dog ran to the park " + std::to_string(row) + "\n";
  writeText(path("rows.csv"), rows);
  auto config = e2eConfig();
  config.task = Task::LanguageModelling;
  config.prompt = config.completion = "";
  config.data = path("rows.csv");
  config.maxRows = 0;
  config.steps = 1;
  std::atomic<bool> opened = false;
  std::jthread first([&] {
    Recorder events;
    auto run = engine_->train(config, events);
    while (!run && run.error().message.find("is starting") != std::string::npos) run = engine_->train(config, events);
    opened = true;
    EXPECT_TRUE(run) << run.error().message;
  });
  bool refused = false;
  while (!opened && !refused) {
    Recorder events;
    const auto second = engine_->resume(path("nothing"), events);
    ASSERT_FALSE(second);
    refused = second.error().message.find("Another run is starting") != std::string::npos;
  }
  EXPECT_TRUE(refused);
}

TEST_F(EngineTest, TheMachineIsExaminedBelowAHomeThatCannotBeRead) {
  fs::create_directory(path("place"));
  fs::create_symlink("loop", path("place") / "loop");  // of itself: no user, root included, can look into it
  setenv("ROSA_HOME", (path("place") / "loop" / "home").c_str(), 1);
  const auto report = engine_->doctor();
  EXPECT_GE(report.cores, 1);
  EXPECT_TRUE(std::ranges::any_of(report.lines, [](const auto& line) { return line.name == "Free disk"; }));
}

TEST_F(EngineTest, TheDoctorTellsWhatTheMachineOffers) {
  const auto report = engine_->doctor();
  EXPECT_GE(report.cores, 1);
  EXPECT_GT(report.memoryBytes, std::int64_t{1} << 28);
  std::map<std::string, std::string> lines;
  for (const auto& line : report.lines) {
    lines[line.name] = line.value;
    EXPECT_FALSE(line.value.empty()) << line.name;
  }
  for (const char* name : {"System", "Processor", "bf16", "Memory", "GPU", "LibTorch", "Runs"}) {
    EXPECT_TRUE(lines.contains(name)) << name;
  }
  expectContains(lines["Processor"], {std::to_string(report.cores) + " core"});
  EXPECT_EQ(lines["bf16"] == "in hardware", report.bf16Fast) << lines["bf16"];
  if (report.cudaUsable) {
    EXPECT_EQ(lines["GPU"], report.cudaDevice);
  } else {
    EXPECT_GT(lines["GPU"].size(), 10U) << "the reason is told";
  }
  expectContains(lines["LibTorch"], {"2."});
  EXPECT_EQ(lines["Runs"], home().string());
}

TEST_F(EngineTest, CudaAskedForWhereThereIsNoneIsRefused) {
  if (engine_->doctor().cudaUsable) GTEST_SKIP() << "this machine has a CUDA device";
  auto config = e2eConfig();
  config.device = DeviceChoice::Cuda;
  const auto plan = engine_->plan(config);
  ASSERT_EQ(plan.problems.size(), 1U) << joinProblems(plan.problems);
  EXPECT_EQ(plan.problems[0].key, "device");
  Recorder events;
  const auto run = engine_->train(config, events);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().message, plan.problems[0].message);
  EXPECT_FALSE(fs::exists(config.out));
}

TEST_F(EngineTest, WhatTheEngineChoosesIsNotCalledASettingWithoutEffect) {
  auto config = e2eConfig();
  config.method = Method::Full;
  config.saveEvery = {Interval::Unit::Steps, 2};
  config.keepCheckpoints = 9;
  Recorder events;
  trained(config, events);
  fs::remove_all(config.out / "checkpoints" / "step-000004");
  const auto resumed = engine_->resume(config.out, events);
  ASSERT_TRUE(resumed) << resumed.error().message;
  (*resumed)->wait();
  for (const auto& line : events.all<LogLine>()) {
    EXPECT_EQ(line.text.find("form: has no effect"), std::string::npos) << line.text;
  }
}

TEST_F(EngineTest, CuttingIntoTokensIsTimedAndGivesTheSameIdsWithAnyThreads) {
  auto config = e2eConfig();
  config.threads = 1;
  const auto one = engine_->benchTokenize(config);
  ASSERT_TRUE(one) << one.error().message;
  config.threads = 2;
  const auto two = engine_->benchTokenize(config);
  ASSERT_TRUE(two) << two.error().message;
  EXPECT_EQ(one->sha256, two->sha256);
  EXPECT_EQ(one->sha256.size(), 64U);
  EXPECT_EQ(one->tokens, two->tokens);
  EXPECT_GT(one->tokens, one->examples);
  EXPECT_EQ(one->threads, 1);
  EXPECT_GT(one->bytes, 0);
  EXPECT_TRUE(everything().empty());
}

TEST_F(EngineTest, BenchmarkingLeavesNothing) {
  auto config = e2eConfig();
  config.steps = 3;
  const auto report = engine_->benchTrain(config, 1);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->steps, 3);
  EXPECT_GT(report->tokensPerSecond, 0);
  EXPECT_EQ(report->paddingFraction, 0);
  EXPECT_TRUE(everything().empty());
  const auto refused = engine_->benchTrain(config, 3);
  ASSERT_FALSE(refused);
  expectContains(refused.error().message, {"untimed"});
}

}  // namespace
}  // namespace rosa::test
