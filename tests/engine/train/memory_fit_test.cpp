// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/memory_fit.h"

#include <gtest/gtest.h>

#include <string>

#include "device/memory.h"
#include "engine/train/run_course.h"
#include "engine/train/sample_project.h"
#include "engine/train/test_run.h"
#include "train/memory_estimate.h"
#include "train/resampling.h"

namespace rosa::train {
namespace {

/// 100 MB of weights, 10 MB an example, a quarter of it with gradient checkpointing.
MemoryParts linear(std::int64_t batch, bool recomputes) {
  MemoryParts parts;
  parts.weightsBytes = 100'000'000;
  parts.activationsBytes = batch * (recomputes ? 2'500'000 : 10'000'000);
  return parts;
}

RunConfig within(std::int64_t megabytes) {
  RunConfig config;
  config.batch = 12;
  config.accumulate = 2;
  config.memory = MemorySize{megabytes * 1'000'000};
  return config;
}

struct FittedModel {
  std::int64_t megabytes, batch, accumulate;
  bool recomputes;
};

TEST(FitMemory, ShrinksTheMicroBatchBeforeItRecomputes) {
  for (const auto& wanted :
       {FittedModel{220, 12, 2, false}, FittedModel{219, 6, 4, false}, FittedModel{145, 4, 6, false},
        FittedModel{110, 1, 24, false}, FittedModel{109, 3, 8, true}, FittedModel{103, 1, 24, true}}) {
    const auto fit = fitMemory(within(wanted.megabytes), linear);
    ASSERT_TRUE(fit) << fit.error().message;
    EXPECT_EQ(fit->batch, wanted.batch) << wanted.megabytes;
    EXPECT_EQ(fit->accumulate, wanted.accumulate) << wanted.megabytes;
    EXPECT_EQ(fit->recomputes, wanted.recomputes) << wanted.megabytes;
  }
}

TEST(FitMemory, ThatFitsNothingSaysTheLeastThatWouldDo) {
  auto config = within(102);
  const auto refused = fitMemory(config, linear);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("Write --memory 103MB"), std::string::npos) << refused.error().message;
  config.memory = MemorySize{103'000'000};
  EXPECT_TRUE(fitMemory(config, linear)) << "the remedy";
  config.gradientCheckpointing = GradientCheckpointing::No;
  const auto without = fitMemory(config, linear);
  ASSERT_FALSE(without);
  EXPECT_NE(without.error().message.find("--gradient-checkpointing auto, about 103MB"), std::string::npos)
      << without.error().message;
}

TEST(FitMemory, WithoutABudgetEverythingStaysAsConfigured) {
  RunConfig config;
  config.batch = 7;
  config.accumulate = 3;
  config.gradientCheckpointing = GradientCheckpointing::Yes;
  const auto fit = fitMemory(config, linear);
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->batch, 7);
  EXPECT_EQ(fit->accumulate, 3);
  EXPECT_TRUE(fit->recomputes);
  EXPECT_EQ(fitInWords(config, *fit), "");
}

TEST(FitMemory, IsTheSameForARunThatIsResumed) {
  auto config = within(105);
  const auto first = fitMemory(config, linear);
  ASSERT_TRUE(first);
  config.batch = first->batch;
  config.accumulate = first->accumulate;
  if (first->recomputes) config.gradientCheckpointing = GradientCheckpointing::Yes;
  const auto again = fitMemory(config, linear);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->batch, first->batch);
  EXPECT_EQ(again->accumulate, first->accumulate);
  EXPECT_EQ(again->recomputes, first->recomputes);
}

TEST(FitMemory, ARunTakesItsStepsInSmallerMicroBatches) {
  test::SampleProject project;
  project.config.batch = 4;
  const auto usual = project.open();
  const auto tokens = usual->batcher->longest(1).tokens();
  const auto whole = estimateMemory(*usual, 4 * tokens, false).totalBytes();
  const auto half = estimateMemory(*usual, 2 * tokens, false).totalBytes();
  ASSERT_LT(half, whole);
  project.config.memory = MemorySize{half};
  const auto fitted = project.open();
  EXPECT_EQ(fitted->config.batch, 2);
  EXPECT_EQ(fitted->config.accumulate, 2 * usual->config.accumulate);
  EXPECT_EQ(fitted->counts.totalSteps, usual->counts.totalSteps);
  EXPECT_EQ(fitted->counts.stepsPerEpoch, usual->counts.stepsPerEpoch);
  ASSERT_FALSE(fitted->remarks.empty());
  EXPECT_NE(fitted->remarks.back().find("in 4 micro-batches of 2"), std::string::npos) << fitted->remarks.back();
  std::int64_t examples = 0;
  for (const auto& batch : fitted->batches(1)) examples += batch.sequences();
  std::int64_t before = 0;
  for (const auto& batch : usual->batches(1)) before += batch.sequences();
  EXPECT_EQ(examples, before);
}

TEST(FitMemory, ARunFilledByTokensTakesItsBatchesInPiecesToTheSameLoss) {
  test::SampleProject project;
  project.config.batch = RunConfig().batch;
  project.config.batchTokens = 128;
  project.config.dropout = 0;
  const auto usual = project.open();
  const auto whole = estimateMemory(*usual, 128, false).totalBytes();
  const auto half = estimateMemory(*usual, 64, false).totalBytes();
  ASSERT_LT(half, whole);
  project.config.memory = MemorySize{half};
  const auto fitted = project.open();
  EXPECT_EQ(fitted->pieceTokens, 64);
  EXPECT_EQ(fitted->counts.totalSteps, usual->counts.totalSteps);
  EXPECT_NE(fitted->remarks.back().find("in pieces of 64 tokens"), std::string::npos) << fitted->remarks.back();
  for (std::int64_t step = 1; step <= 4; ++step) {
    std::vector<std::int64_t> together, apart;
    for (const auto& batch : usual->batches(step)) {
      together.insert(together.end(), batch.tokenIds.begin(), batch.tokenIds.end());
    }
    for (const auto& piece : fitted->batches(step)) {
      EXPECT_TRUE(piece.tokens() <= 64 || piece.sequences() == 1);
      apart.insert(apart.end(), piece.tokenIds.begin(), piece.tokenIds.end());
    }
    EXPECT_EQ(apart, together) << step;
  }
  EXPECT_LE(fitted->largestBatch().tokens(), 64);
  auto one = test::stepperOf(*usual), other = test::stepperOf(*fitted);
  (void)resampleLayers(*usual, 0, 0);
  (void)resampleLayers(*fitted, 0, 0);
  const auto wholeStep = one.run(usual->batches(1), 1, 0), piecedStep = other.run(fitted->batches(1), 1, 0);
  EXPECT_NEAR(piecedStep.loss, wholeStep.loss, 1e-6 * wholeStep.loss);
  EXPECT_NEAR(piecedStep.gradientNorm, wholeStep.gradientNorm, 1e-5 * wholeStep.gradientNorm);
}

/// Bytes in a run's tensors at the peak of a step on its longest micro-batch.
std::int64_t peakOf(Session& session, device::MemoryAccount& account) {
  const device::AccountScope counted(&account);
  (void)resampleLayers(session, 0, 0);
  account.resetPeak();
  auto stepper = test::stepperOf(session);
  EXPECT_EQ(stepper.rehearse(session.batcher->longest(session.config.batch)), "");
  return account.peakBytes();
}

TEST(FitMemory, ARunThatReachesItsLimitGoesOnInSmallerPieces) {
  device::installCountingAllocator();
  test::SampleProject project;
  if (project.config.device == DeviceChoice::Cuda) GTEST_SKIP() << "an account counts what lies in the CPU's memory";
  project.config.batch = 7;
  project.config.accumulate = 1;
  auto& account = device::MemoryAccount::open();
  const auto opened = [&] {
    const device::AccountScope counted(&account);
    auto session = project.open();
    session->account = &account;
    return session;
  };
  std::int64_t peak = 0, rest = 0;
  {
    const auto session = opened();
    peak = peakOf(*session, account);
    rest = account.allocatedBytes();
  }
  const auto session = opened();
  session->config.memory = MemorySize{rest + (peak - rest) / 2 + kProcessBytes};  // an estimate that was too low
  test::TestRun run(*session);
  const device::AccountScope counted(&account);
  ASSERT_TRUE(run.train());
  bool told = false;
  for (const auto& line : run.all<LogLine>()) {
    told = told || line.text.find("did not fit into memory") != std::string::npos;
  }
  EXPECT_TRUE(told);
}

TEST(FitMemory, GradientCheckpointingChangesNoNumberOfARun) {
  test::SampleProject project;
  const auto plain = project.open();
  project.config.gradientCheckpointing = GradientCheckpointing::Yes;
  const auto recomputed = project.open();
  ASSERT_TRUE(recomputed->stepSettings().recomputes);
  test::TestRun one(*plain), other(*recomputed);
  ASSERT_TRUE(one.train());
  ASSERT_TRUE(other.train());
  EXPECT_EQ(test::courseAfter(-1, other.events), test::courseAfter(-1, one.events));
  test::expectSameBits(*recomputed, *plain);
}

}  // namespace
}  // namespace rosa::train
