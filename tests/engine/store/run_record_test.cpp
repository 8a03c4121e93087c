// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/run_record.h"

#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "store/run_notes.h"
#include "store_fixture.h"

namespace rosa::store {
namespace {

class RunRecordTest : public StoreTest {
 protected:
  RunFolder folder_ = makeRun();

  [[nodiscard]] RunRecord record() const {
    auto read = readRunRecord(folder_);
    EXPECT_TRUE(read) << read.error().message;
    return read ? *read : RunRecord{};
  }
};

TEST_F(RunRecordTest, OfANewFolderTellsItsSettings) {
  RunConfig settings = config("");
  settings.rank.value = 0.25;
  settings.seed = 7;
  settings.learningRate = 2e-4;
  settings.model = "/models/bert/";
  folder_ = makeRun(settings);
  const RunRecord run = record();
  EXPECT_EQ(run.directory, folder_.path);
  EXPECT_EQ(run.name, folder_.path.filename().string());
  EXPECT_EQ(run.model, "bert");
  EXPECT_EQ(run.data, "e2e.csv");
  EXPECT_EQ(run.task, "lm");
  EXPECT_EQ(run.method, "rosa");
  EXPECT_EQ(run.rank, configFieldText(settings, "rank"));
  EXPECT_EQ(run.seed, 7);
  EXPECT_EQ(run.learningRate, 2e-4);
  EXPECT_EQ(run.status, "interrupted");
  EXPECT_EQ(run.startedAt.size(), 20U);
  EXPECT_FALSE(run.resumable);
  EXPECT_LT(run.exportDifference, 0);
}

TEST_F(RunRecordTest, TellsWhatAPersonSaysAboutIt) {
  ASSERT_TRUE(changeRunNotes(folder_, {.tags = std::vector<std::string>{"base"}, .note = "good start"}));
  EXPECT_EQ(record().notes.tags, std::vector<std::string>{"base"});
  EXPECT_EQ(record().notes.note, "good start");
  writeText(folder_.notesFile(), "rubbish");
  EXPECT_EQ(record().notes.note, "") << "and is listed all the same";
}

TEST_F(RunRecordTest, TellsTheBytesOfItsFolderAndNotOfWhatIsLinkedThere) {
  const auto before = record().diskBytes;
  EXPECT_EQ(before, static_cast<std::int64_t>(fs::file_size(folder_.configFile())));
  fs::create_directories(folder_.checkpoints() / "step-000001");
  writeText(folder_.checkpoints() / "step-000001" / "weights", std::string(1000, 'x'));
  writeText(home() / "large", std::string(5000, 'x'));
  fs::create_symlink(home() / "large", folder_.path / "link");
  fs::create_directory_symlink(home(), folder_.path / "everything");
  EXPECT_EQ(record().diskBytes, before + 1000);
}

TEST_F(RunRecordTest, OfFullTrainingHasNoRank) {
  RunConfig settings = config();
  settings.method = Method::Full;
  folder_ = makeRun(settings);
  EXPECT_EQ(record().rank, "");
  EXPECT_EQ(record().method, "full");
}

TEST_F(RunRecordTest, EveryMethodWithARankTellsIt) {
  for (const auto method :
       {Method::Rosa, Method::Lora, Method::Dora, Method::Relora, Method::Galore, Method::Houlsby, Method::Pfeiffer}) {
    RunConfig settings = config();
    settings.method = method;
    folder_ = makeRun(settings);
    EXPECT_EQ(record().rank, "8") << record().method;
  }
}

TEST_F(RunRecordTest, ARunThatEndedInNumbersThatAreNotFiniteIsNotListedAsCompleted) {
  RunFinished finished;
  finished.step = 2;
  finished.outcome = "completed";
  StepCompleted skipped = stepDone(2, std::nan(""));
  skipped.applied = false;
  EvaluationCompleted evaluation;
  evaluation.step = 2;
  evaluation.loss = std::nan("");
  for (const std::vector<Event>& end : {std::vector<Event>{stepDone(1, 2), skipped, finished},
                                        std::vector<Event>{stepDone(1, 2), stepDone(2, 1), evaluation, finished}}) {
    folder_ = makeRun(config());
    write(folder_, {startedAfter(0)});
    write(folder_, end);
    EXPECT_EQ(record().status, "failed");
    EXPECT_NE(record().message.find("not finite"), std::string::npos) << record().message;
  }
}

TEST_F(RunRecordTest, ASkippedStepBeforeTheEndIsNoFailure) {
  RunFinished finished;
  finished.step = 2;
  finished.outcome = "completed";
  StepCompleted skipped = stepDone(1, std::nan(""));
  skipped.applied = false;
  write(folder_, {startedAfter(0), skipped, stepDone(2, 2), finished});
  EXPECT_EQ(record().status, "completed");
}

TEST_F(RunRecordTest, TellsWhatTheEventsSay) {
  RunStarted started = startedAfter(0);
  started.trainableParameters = 5000;
  ResampleCompleted draw;
  ResampleCompleted resample;
  resample.step = 2;
  resample.cycle = 1;
  MemorySampled memory;
  memory.processPeakResidentBytes = 900;
  EvaluationCompleted evaluation;
  evaluation.step = 3;
  evaluation.loss = 1.25;
  evaluation.metrics = {{"perplexity", 3.5}};
  ExportCompleted exported;
  exported.directory = "/exports/a";
  exported.largestLogitDifference = 1e-6;
  RunFinished finished;
  finished.step = 3;
  finished.outcome = "completed";
  finished.loss = 0.75;
  finished.elapsedSeconds = 12;
  finished.peakResidentBytes = 800;
  write(folder_, {started, draw, stepDone(1, 3), memory, stepDone(2, 2), resample, stepDone(3, 1), evaluation, finished,
                  exported});
  const RunRecord run = record();
  EXPECT_EQ(run.name, "a run");
  EXPECT_EQ(run.status, "completed");
  EXPECT_EQ(run.step, 3);
  EXPECT_EQ(run.totalSteps, 100);
  EXPECT_EQ(run.trainableParameters, 5000);
  EXPECT_EQ(run.resamples, 1);
  EXPECT_EQ(run.lastLoss, 0.75);
  EXPECT_EQ(run.metrics, (NamedValues{{"loss", 1.25}, {"perplexity", 3.5}}));
  EXPECT_EQ(run.elapsedSeconds, 12);
  EXPECT_EQ(run.peakResidentBytes, 900);
  EXPECT_EQ(run.sparkline, (std::vector<float>{3, 2, 1}));
  EXPECT_EQ(run.lastExport, "/exports/a");
  EXPECT_EQ(run.exportDifference, 1e-6);
}

TEST_F(RunRecordTest, TellsHowTheRunEnded) {
  write(folder_, {startedAfter(0), stepDone(1, 1)});
  EXPECT_EQ(record().status, "interrupted");
  {
    const auto lock = RunLock::take(folder_);
    ASSERT_TRUE(lock);
    EXPECT_EQ(record().status, "running");
  }
  write(folder_, {RunFailed{1, "the disk is full"}});
  EXPECT_EQ(record().status, "failed");
  EXPECT_EQ(record().message, "the disk is full");
  write(folder_, {startedAfter(1), stepDone(2, 1)});
  EXPECT_EQ(record().status, "interrupted") << "the failure was before the resume";
  EXPECT_EQ(record().message, "");
  RunFinished stopped;
  stopped.outcome = "stopped";
  stopped.step = 2;
  write(folder_, {stopped});
  EXPECT_EQ(record().status, "stopped");
}

TEST_F(RunRecordTest, AResumeTakesLeftStepsOffTheCurve) {
  write(folder_, {startedAfter(0), stepDone(1, 1), stepDone(2, 2), stepDone(3, 3), startedAfter(1), stepDone(2, 9)});
  EXPECT_EQ(record().sparkline, (std::vector<float>{1, 9}));
  EXPECT_EQ(record().step, 2);
  EXPECT_EQ(record().lastLoss, 9);
}

TEST_F(RunRecordTest, ShowsAtMost64LossesFromFirstToLast) {
  std::vector<Event> events = {startedAfter(0)};
  for (int step = 1; step <= 1000; ++step) events.emplace_back(stepDone(step, step));
  write(folder_, events);
  const auto line = record().sparkline;
  ASSERT_EQ(line.size(), 64U);
  EXPECT_EQ(line.front(), 1);
  EXPECT_EQ(line.back(), 1000);
  for (std::size_t i = 1; i < line.size(); ++i) EXPECT_NEAR(line[i] - line[i - 1], 999.0F / 63, 1);
}

TEST_F(RunRecordTest, IsResumableWithACompleteCheckpoint) {
  fs::create_directories(folder_.checkpoints() / "step-000010");
  EXPECT_FALSE(record().resumable) << "no manifest, so it was never completed";
  fs::create_directories(folder_.checkpoints() / ".step-000020.tmp");
  writeText(folder_.checkpoints() / ".step-000020.tmp" / "manifest.json", "{}");
  EXPECT_FALSE(record().resumable);
  writeText(folder_.checkpoints() / "step-000010" / "manifest.json", "{}");
  EXPECT_TRUE(record().resumable);
}

TEST_F(RunRecordTest, StartIsTheTimeOfTheFirstLogLine) {
  writeText(folder_.logFile(), "2025-03-14T09:26:53Z info run started\n2026-01-01T00:00:00Z info resumed\n");
  EXPECT_EQ(record().startedAt, "2025-03-14T09:26:53Z");
  writeText(folder_.logFile(), "somebody wrote something else here\n");
  fs::last_write_time(folder_.configFile(), std::chrono::file_clock::from_sys(std::chrono::sys_seconds{
                                                std::chrono::sys_days{std::chrono::year{2024} / 2 / 29}}));
  EXPECT_EQ(record().startedAt, "2024-02-29T00:00:00Z");
}

TEST_F(RunRecordTest, SurvivesMistakesInTheSettings) {
  writeText(folder_.configFile(), "name: mine\nseed: [\n");
  write(folder_, {startedAfter(0), stepDone(1, 1)});
  EXPECT_EQ(record().step, 1);
}

TEST_F(RunRecordTest, NamesAFileThatCannotBeRead) {
  fs::create_directory(folder_.eventsFile());
  const auto read = readRunRecord(folder_);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("events.jsonl"), std::string::npos) << read.error().message;
}

}  // namespace
}  // namespace rosa::store
