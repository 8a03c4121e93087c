// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/training_loop.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "checkpoint/checkpoint_folder.h"
#include "engine/adapt/matrices.h"
#include "engine/train/sample_project.h"
#include "engine/train/test_run.h"
#include "optim/schedule.h"
#include "train/checkpoint_state.h"
#include "train/stop_rule.h"

namespace rosa::train {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Spoils a frozen tensor of the model, so that every loss is `value`, until mended.
class Spoiler {
 public:
  Spoiler(const Session& session, double value) {
    for (const auto& stored : session.model->tensors()) {
      if (stored.role == model::Role::Norm) norm_ = stored.tensor;
    }
    good_ = norm_.clone();
    norm_.fill_(value);
  }
  ~Spoiler() { norm_.copy_(good_); }
  Spoiler(const Spoiler&) = delete;
  Spoiler& operator=(const Spoiler&) = delete;

 private:
  at::Tensor norm_, good_;
};

std::vector<at::Tensor> trainedNumbers(const Session& session) {
  std::vector<at::Tensor> all;
  for (const auto& [name, tensor] : session.arena->state()) all.push_back(tensor.clone());
  for (const auto& layer : session.layers) all.push_back(layer.slot->weight().clone());
  return all;
}

bool sameNumbers(const std::vector<at::Tensor>& left, const std::vector<at::Tensor>& right) {
  return std::ranges::equal(left, right, [](const auto& a, const auto& b) { return at::equal(a, b); });
}

std::vector<std::int64_t> savedSteps(const test::TestRun& run) {
  std::vector<std::int64_t> steps;
  for (const auto& checkpoint : checkpoint::listCheckpoints(run.checkpoints())) steps.push_back(checkpoint.step);
  return steps;
}

/// The names of the phases and of what was reported, in order, memory aside.
std::vector<std::string> storyOf(const std::vector<Event>& events) {
  std::vector<std::string> story;
  for (const auto& event : events) {
    if (const auto* phase = std::get_if<PhaseChanged>(&event)) story.push_back(phase->phase);
    if (std::holds_alternative<StepCompleted>(event)) story.emplace_back("STEP");
    if (std::holds_alternative<ResampleCompleted>(event)) story.emplace_back("RESAMPLE");
    if (std::holds_alternative<EvaluationCompleted>(event)) story.emplace_back("EVALUATION");
    if (std::holds_alternative<CheckpointSaved>(event)) story.emplace_back("CHECKPOINT");
    if (const auto* text = std::get_if<TextSampled>(&event)) story.push_back("TEXT " + text->reason);
    if (std::holds_alternative<RunFinished>(event)) story.emplace_back("FINISHED");
  }
  return story;
}

using Story = std::vector<std::string>;

class NonFiniteLoss : public testing::TestWithParam<double> {};

TEST_P(NonFiniteLoss, ChangesNothingAndTrainingGoesOn) {
  test::SampleProject project;
  project.config.resampleEvery = {};
  project.config.steps = 5;
  const auto session = project.open();
  test::TestRun run(*session);
  std::unique_ptr<Spoiler> spoiler;
  std::vector<at::Tensor> before;
  run.onEvent = test::whenever<StepCompleted>([&](const auto& step) {
    if (step.step == 2) {
      before = trainedNumbers(*session);
      spoiler = std::make_unique<Spoiler>(*session, GetParam());
    }
    if (step.step == 3 || step.step == 4) {
      EXPECT_TRUE(sameNumbers(trainedNumbers(*session), before)) << "step " << step.step;
    }
    if (step.step == 4) spoiler.reset();
  });
  ASSERT_TRUE(run.train().hasValue());
  const auto steps = run.all<StepCompleted>();
  ASSERT_EQ(steps.size(), 5U);
  for (const auto& step : steps) {
    const bool spoilt = step.step == 3 || step.step == 4;
    EXPECT_EQ(step.applied, !spoilt) << step.step;
    EXPECT_EQ(std::isfinite(step.loss), !spoilt) << "the real value is reported, step " << step.step;
  }
  EXPECT_FALSE(sameNumbers(trainedNumbers(*session), before)) << "step 5 was not applied";
  EXPECT_TRUE(std::isfinite(run.all<RunFinished>().at(0).loss));
}

TEST_P(NonFiniteLoss, ThreeInARowStopTheRunWithASentence) {
  test::SampleProject project;
  project.config.saveEvery = test::everySteps(1);
  project.config.resampleEvery = {};
  const auto session = project.open();
  test::TestRun run(*session);
  std::unique_ptr<Spoiler> spoiler;
  run.onEvent = test::whenever<StepCompleted>([&](const auto& step) {
    if (step.step == 2) spoiler = std::make_unique<Spoiler>(*session, GetParam());
  });
  const auto status = run.train();
  ASSERT_FALSE(status.hasValue());
  EXPECT_NE(status.error().message.find("steps 3 to 5"), std::string::npos) << status.error().message;
  EXPECT_NE(status.error().message.find("lower learning rate"), std::string::npos) << status.error().message;
  EXPECT_EQ(run.progress.step, 5);
  EXPECT_TRUE(run.all<RunFinished>().empty());
  ASSERT_FALSE(savedSteps(run).empty());
  EXPECT_LT(savedSteps(run).back(), 5) << "a failed run has no checkpoint of its last step";
}

INSTANTIATE_TEST_SUITE_P(Values, NonFiniteLoss, testing::Values(kNaN, std::numeric_limits<double>::infinity()),
                         [](const auto& test) { return std::string(std::isnan(test.param) ? "NaN" : "Infinity"); });

TEST(TrainingLoopTest, TheScheduleContinuesAcrossResamples) {
  test::SampleProject project;
  project.config.schedule = Schedule::Cosine;
  const auto session = project.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  ASSERT_EQ(run.all<ResampleCompleted>().size(), 3U) << "the first draw, after step 3, after step 6";
  for (const auto& step : run.all<StepCompleted>()) {
    const auto settings = scheduleOf(project.config, session->counts);
    EXPECT_DOUBLE_EQ(step.learningRate, 5e-3 * optim::scheduleFactor(settings, step.step - 1));
  }
}

TEST(TrainingLoopTest, OnlyMethodsWithSlicesTellOfResamples) {
  for (const auto method : {Method::Lora, Method::Full}) {
    test::SampleProject project;
    project.config.method = method;
    project.config.steps = 4;
    const auto session = project.open();
    test::TestRun run(*session);
    ASSERT_TRUE(run.train().hasValue());
    EXPECT_EQ(run.all<StepCompleted>().size(), 4U);
    EXPECT_TRUE(run.all<ResampleCompleted>().empty());
  }
}

TEST(TrainingLoopTest, AResampleKeepsTheLossAndStartsMomentsAfresh) {
  for (const auto form : {Form::Merged, Form::Branch}) {
    test::SampleProject project;
    project.config.form = form;
    const auto session = project.open();
    test::TestRun run(*session);
    run.onEvent = test::whenever<ResampleCompleted>([&](const auto&) {
      for (const auto& [name, tensor] : session->arena->state()) {
        if (name.ends_with(".value")) continue;
        EXPECT_EQ(test::largest(tensor.to(at::kDouble)), 0) << name;
      }
    });
    ASSERT_TRUE(run.train().hasValue());
    for (const auto& resample : run.all<ResampleCompleted>()) {
      if (resample.cycle == 0) continue;
      EXPECT_EQ(resample.layers.size(), session->layers.size());
      if (form == Form::Merged) {
        EXPECT_EQ(resample.lossAfter, resample.lossBefore);
      } else {
        EXPECT_NEAR(resample.lossAfter, resample.lossBefore, 2e-6);
      }
    }
  }
}

TEST(TrainingLoopTest, MicroBatchesOfUnequalLengthEqualOneLargeBatch) {
  for (const auto method : {Method::Rosa, Method::Full}) {
    test::SampleProject project;
    project.config.method = method;
    project.config.form = Form::Merged;
    project.config.dropout = 0;
    project.config.clip = 0;
    const auto accumulated = project.open();
    project.config.batch = 4;
    project.config.accumulate = 1;
    const auto large = project.open();
    for (auto* session : {accumulated.get(), large.get()}) (void)resampleLayers(*session, 0, 0);

    const auto parts = accumulated->batches(1);
    const auto whole = large->batches(1);
    ASSERT_EQ(parts.size(), 2U);
    ASSERT_EQ(whole.size(), 1U);
    ASSERT_NE(parts[0].targetCount, parts[1].targetCount);
    ASSERT_EQ(parts[0].targetCount + parts[1].targetCount, whole[0].targetCount);
    const auto left = test::stepperOf(*accumulated).run(parts, 1, 0.05);
    const auto right = test::stepperOf(*large).run(whole, 1, 0.05);
    EXPECT_NEAR(left.loss, right.loss, 2e-6);
    EXPECT_NEAR(left.gradientNorm, right.gradientNorm, 1e-5 * right.gradientNorm);
    const double meanOfMeans = (test::stepperOf(*accumulated).evaluationLoss(parts[0]) +
                                test::stepperOf(*accumulated).evaluationLoss(parts[1])) /
                               2;
    EXPECT_GT(std::abs(meanOfMeans - right.loss), 1e-4) << "the batches are too alike to tell the two means apart";
  }
}

TEST(TrainingLoopTest, StopAndSaveEndsAfterTheStepAndCanBeResumed) {
  test::SampleProject project;
  const auto session = project.open();
  test::TestRun run(*session);
  run.onEvent = test::whenever<StepCompleted>([&](const auto& step) {
    if (step.step == 4) run.control.stop(StopMode::Save);
  });
  ASSERT_TRUE(run.train().hasValue());
  EXPECT_EQ(run.all<StepCompleted>().size(), 4U);
  const auto finished = run.all<RunFinished>();
  ASSERT_EQ(finished.size(), 1U);
  EXPECT_EQ(finished[0].outcome, "stopped");
  EXPECT_EQ(finished[0].step, 4);
  EXPECT_EQ(savedSteps(run), std::vector<std::int64_t>{4});
  EXPECT_EQ(finished[0].lastCheckpoint, run.all<CheckpointSaved>().at(0).directory);

  const auto resumed = project.open();
  Progress progress;
  ASSERT_TRUE(loadCheckpoint(finished[0].lastCheckpoint, *resumed, progress).hasValue());
  EXPECT_EQ(progress.step, 4);
  EXPECT_EQ(progress.cycle, 1);
  EXPECT_TRUE(sameNumbers(trainedNumbers(*resumed), trainedNumbers(*session)));
}

TEST(TrainingLoopTest, DiscardEndsWithoutACheckpoint) {
  test::SampleProject project;
  const auto session = project.open();
  test::TestRun run(*session);
  run.onEvent = test::whenever<StepCompleted>([&](const auto& step) {
    if (step.step == 2) run.control.stop(StopMode::Discard);
  });
  ASSERT_TRUE(run.train().hasValue());
  EXPECT_EQ(run.all<StepCompleted>().size(), 2U);
  EXPECT_EQ(run.all<RunFinished>().at(0).outcome, "stopped");
  EXPECT_TRUE(run.all<CheckpointSaved>().empty());
  EXPECT_TRUE(savedSteps(run).empty());
}

TEST(TrainingLoopTest, APausedRunSavesAndSamplesWhenAskedAndGoesOn) {
  test::SampleProject project;
  project.config.steps = 3;
  project.config.resampleEvery = {};
  project.config.sampleTokens = 4;
  project.config.samplePrompts = {"Lily"};
  const auto session = project.open();
  test::TestRun run(*session);
  std::int64_t pauses = 0;
  run.onEvent = [&](const Event& event) {
    if (const auto* step = std::get_if<StepCompleted>(&event); step != nullptr && step->step == 2) run.control.pause();
    const auto* phase = std::get_if<PhaseChanged>(&event);
    if (phase == nullptr || phase->phase != "paused") return;
    EXPECT_EQ(run.progress.step, 2);
    if (pauses == 0) run.control.give(SaveRun{});
    // The second time the texts are there already; whoever asks wants to see them all the same.
    if (pauses == 1 || pauses == 2) run.control.give(SampleRun{});
    if (pauses == 3) run.control.unpause();
    ++pauses;
  };
  ASSERT_TRUE(run.train().hasValue());
  EXPECT_EQ(pauses, 4);
  const Story expected = {
      "RESAMPLE",   "sampling",   "TEXT base",     "training", "training", "STEP",       "STEP",       "paused",
      "saving",     "training",   "CHECKPOINT",    "paused",   "sampling", "TEXT asked", "training",   "paused",
      "sampling",   "TEXT asked", "training",      "paused",   "training", "STEP",       "evaluating", "training",
      "EVALUATION", "sampling",   "TEXT schedule", "training", "saving",   "training",   "CHECKPOINT", "FINISHED"};
  EXPECT_EQ(storyOf(run.events), expected);
  EXPECT_EQ(run.all<CheckpointSaved>().at(0).step, 2);
}

TEST(TrainingLoopTest, EventsComeInTheOrderOfTheWork) {
  test::SampleProject project;
  project.config.steps = 2;
  project.config.resampleEvery = project.config.evalEvery = project.config.saveEvery = test::everySteps(1);
  project.config.sampleTokens = 4;
  project.config.samplePrompts = {"Lily"};
  const auto session = project.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  // The checkpoint after the resample, so that a resumed run starts with the step that comes next.
  const Story expected = {"RESAMPLE",   "sampling",   "TEXT base",  "training",      "training", "STEP",
                          "evaluating", "training",   "EVALUATION", "RESAMPLE",      "sampling", "TEXT resample",
                          "training",   "saving",     "training",   "CHECKPOINT",    "STEP",     "evaluating",
                          "training",   "EVALUATION", "sampling",   "TEXT schedule", "training", "saving",
                          "training",   "CHECKPOINT", "FINISHED"};
  EXPECT_EQ(storyOf(run.events), expected);
  for (std::size_t i = 0; i + 1 < run.events.size(); ++i) {
    if (std::holds_alternative<StepCompleted>(run.events[i])) {
      EXPECT_TRUE(std::holds_alternative<MemorySampled>(run.events[i + 1])) << "memory comes with every step";
    }
  }
}

TEST(TrainingLoopTest, TheBestCheckpointIsKeptBesideTheNewest) {
  test::SampleProject project;
  project.config.steps = 4;
  project.config.warmup = {};
  project.config.learningRate = -0.02;  // uphill, so that the first evaluation stays the best
  project.config.schedule = Schedule::Constant;
  project.config.evalEvery = project.config.saveEvery = test::everySteps(1);
  project.config.keepCheckpoints = 1;
  const auto session = project.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());

  std::vector<bool> best;
  std::vector<double> losses;
  for (const auto& evaluation : run.all<EvaluationCompleted>()) {
    best.push_back(evaluation.best);
    losses.push_back(evaluation.loss);
  }
  ASSERT_TRUE(std::ranges::is_sorted(losses)) << "the run was to climb";
  EXPECT_EQ(best, (std::vector<bool>{true, false, false, false}));
  EXPECT_EQ(savedSteps(run), (std::vector<std::int64_t>{1, 4}));
  const auto saved = run.all<CheckpointSaved>();
  ASSERT_EQ(saved.size(), 4U);
  for (const auto& checkpoint : saved) EXPECT_EQ(checkpoint.best, checkpoint.step == 1);
}

/// Uphill, so that each evaluation is worse than the one before it.
void climb(RunConfig& config) {
  config.learningRate = -0.02;
  config.warmup = {};
  config.schedule = Schedule::Constant;
  config.evalEvery = test::everySteps(1);
}

TEST(TrainingLoopTest, AsManyOfTheBestAreKeptAsAskedFor) {
  test::SampleProject project;
  climb(project.config);
  project.config.steps = 6;
  project.config.saveEvery = test::everySteps(100);
  project.config.keepCheckpoints = 1;
  project.config.keepBest = 3;
  const auto session = project.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  EXPECT_EQ(savedSteps(run), (std::vector<std::int64_t>{1, 2, 3, 6}));
  ASSERT_EQ(run.progress.best.size(), 3U);
  EXPECT_EQ(run.progress.best[0], (GoodEvaluation{1, run.progress.bestValue}));

  // Downhill every new evaluation is among the best, and pushes the worst of them out.
  project.config.learningRate = 5e-3;
  const auto second = project.open();
  test::TestRun down(*second);
  ASSERT_TRUE(down.train().hasValue());
  EXPECT_EQ(savedSteps(down), (std::vector<std::int64_t>{4, 5, 6}));
}

TEST(TrainingLoopTest, EndsEarlyWhenEvaluationsNoLongerImprove) {
  test::SampleProject project;
  climb(project.config);
  project.config.earlyStopping = 3;
  project.config.saveEvery = test::everySteps(100);
  project.config.keepCheckpoints = 1;
  project.config.sampleTokens = 4;
  project.config.samplePrompts = {"Lily"};
  const auto session = project.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  EXPECT_EQ(run.progress.step, 4) << "the best at step 1 and three that were no better";
  const auto finished = run.all<RunFinished>();
  ASSERT_EQ(finished.size(), 1U);
  EXPECT_EQ(finished[0].outcome, "completed");
  EXPECT_EQ(savedSteps(run), (std::vector<std::int64_t>{1, 4}));
  EXPECT_EQ(run.all<TextSampled>().back().step, 4) << "the last text is of the last weights";
  const auto lines = run.all<LogLine>();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].text.find("step 4: 3 evaluations in a row had no better perplexity"), std::string::npos)
      << lines[0].text;

  const auto resumed = project.open();
  Progress progress;
  ASSERT_TRUE(loadCheckpoint(finished[0].lastCheckpoint, *resumed, progress).hasValue());
  EXPECT_TRUE(stopsEarly(project.config, progress));
}

TEST(TrainingLoopTest, AnotherMetricDecides) {
  test::SampleProject project;
  project.config.steps = 2;
  project.config.resampleEvery = {};
  project.config.evalEvery = test::everySteps(1);
  project.config.bestMetric = "loss";
  const auto session = project.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  const auto evaluations = run.all<EvaluationCompleted>();
  ASSERT_EQ(evaluations.size(), 2U);
  EXPECT_EQ(run.progress.bestValue, std::min(evaluations[0].loss, evaluations[1].loss));
}

TEST(TrainingLoopTest, EarlyStoppingNeedsSomethingToEvaluate) {
  test::SampleProject project;
  project.config.validationSplit = 0;
  project.config.evalEvery = test::everySteps(1);
  project.config.earlyStopping = 2;
  const auto session = openSession(project.config);
  ASSERT_FALSE(session.hasValue());
  EXPECT_NE(session.error().message.find("validation-split"), std::string::npos) << session.error().message;
}

TEST(TrainingLoopTest, ANewBestIsSavedBetweenScheduledSaves) {
  test::SampleProject project;
  project.config.steps = 4;
  project.config.evalEvery = test::everySteps(1);
  project.config.saveEvery = test::everySteps(100);
  const auto session = project.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  std::vector<std::int64_t> best = {4};
  for (const auto& evaluation : run.all<EvaluationCompleted>()) {
    if (evaluation.best) best.push_back(evaluation.step);
  }
  std::vector<std::int64_t> saved;
  for (const auto& checkpoint : run.all<CheckpointSaved>()) saved.push_back(checkpoint.step);
  std::ranges::sort(best);
  best.erase(std::unique(best.begin(), best.end()), best.end());
  EXPECT_EQ(saved, best);
}

TEST(TrainingLoopTest, AStepWithoutAnyGradientEndsTheRun) {
  test::SampleProject project;
  const auto session = project.open();
  test::TestRun run(*session);
  const Spoiler spoiler(*session, 0.0);  // all logits are 0 whatever the layers before compute
  const auto status = run.train();
  ASSERT_FALSE(status.hasValue());
  EXPECT_NE(status.error().message.find("exactly 0 in step 1"), std::string::npos) << status.error().message;
  EXPECT_TRUE(run.all<RunFinished>().empty());
}

TEST(TrainingLoopTest, ARunThatHadAGradientEndsAfterThreeStepsWithoutOne) {
  test::SampleProject project;
  project.config.resampleEvery = {};
  const auto session = project.open();
  test::TestRun run(*session);
  std::unique_ptr<Spoiler> spoiler;
  run.onEvent = test::whenever<StepCompleted>([&](const auto& step) {
    if (step.step == 2) spoiler = std::make_unique<Spoiler>(*session, 0.0);
  });
  const auto status = run.train();
  ASSERT_FALSE(status.hasValue());
  EXPECT_NE(status.error().message.find("in step 5"), std::string::npos) << status.error().message;
}

/// Too small a rate to change any number of A and B.
void stagnate(RunConfig& config) {
  config.learningRate = 1e-30;
  config.warmup = {};
  config.schedule = Schedule::Constant;
}

TEST(TrainingLoopTest, ARunWhoseWeightsDoNotMoveEndsAtItsFirstEvaluation) {
  test::SampleProject project;
  stagnate(project.config);
  project.config.resampleEvery = test::everySteps(1);  // new factors are no movement
  project.config.evalEvery = test::everySteps(3);
  const auto session = project.open();
  test::TestRun run(*session);
  const auto status = run.train();
  ASSERT_FALSE(status.hasValue());
  EXPECT_NE(status.error().message.find("bit for bit"), std::string::npos) << status.error().message;
  EXPECT_NE(status.error().message.find("1e-30"), std::string::npos) << status.error().message;
  EXPECT_EQ(run.progress.step, 3);
}

TEST(TrainingLoopTest, AShortRunWhoseWeightsDoNotMoveIsToldOf) {
  test::SampleProject project;
  stagnate(project.config);
  project.config.resampleEvery = {};
  project.config.steps = 2;
  const auto session = project.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  const auto lines = run.all<LogLine>();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].level, "warning");
  EXPECT_NE(lines[0].text.find("bit for bit"), std::string::npos) << lines[0].text;
}

TEST(TrainingLoopTest, AWarmUpThatHasYetToRiseIsWaitedFor) {
  test::SampleProject project;
  project.config.warmup = {6, std::nullopt};  // the first step's rate is 0
  project.config.evalEvery = test::everySteps(1);
  const auto session = project.open();
  test::TestRun run(*session);
  EXPECT_TRUE(run.train().hasValue());
  EXPECT_TRUE(run.all<LogLine>().empty());
}

TEST(TrainingLoopTest, ARunWhoseLastStepIsNotFiniteFailsAndKeepsItsWeights) {
  test::SampleProject project;
  project.config.resampleEvery = {};
  project.config.steps = 4;
  const auto session = project.open();
  test::TestRun run(*session);
  std::unique_ptr<Spoiler> spoiler;
  run.onEvent = test::whenever<StepCompleted>([&](const auto& step) {
    if (step.step == 3) spoiler = std::make_unique<Spoiler>(*session, kNaN);
    if (step.step == 4) spoiler.reset();
  });
  const auto status = run.train();
  ASSERT_FALSE(status.hasValue());
  EXPECT_NE(status.error().message.find("step 4"), std::string::npos) << status.error().message;
  EXPECT_TRUE(run.all<RunFinished>().empty());
  EXPECT_EQ(savedSteps(run), std::vector<std::int64_t>{4}) << "the weights of step 3 are worth keeping";
}

TEST(TrainingLoopTest, ARunWhoseLastEvaluationIsNotFiniteFails) {
  test::SampleProject project;
  project.config.evalEvery = test::everySteps(2);
  project.config.resampleEvery = {};
  project.config.steps = 4;
  const auto session = project.open();
  test::TestRun run(*session);
  std::unique_ptr<Spoiler> spoiler;
  run.onEvent = test::whenever<StepCompleted>([&](const auto& step) {
    if (step.step == 4) spoiler = std::make_unique<Spoiler>(*session, kNaN);
  });
  const auto status = run.train();
  ASSERT_FALSE(status.hasValue());
  EXPECT_NE(status.error().message.find("evaluation"), std::string::npos) << status.error().message;
  EXPECT_TRUE(run.all<RunFinished>().empty());
}

TEST(TrainingLoopTest, WeightsThatAreNotFiniteAreNamedAndNotSaved) {
  test::SampleProject project;
  project.config.saveEvery = test::everySteps(1);
  project.config.resampleEvery = {};
  const auto session = project.open();
  test::TestRun run(*session);
  run.onEvent = test::whenever<StepCompleted>([&](const auto& step) {
    const at::NoGradGuard noGrad;
    if (step.step == 2) session->parameters[1]->value.view(-1)[3] = std::numeric_limits<double>::infinity();
  });
  const auto status = run.train();
  ASSERT_FALSE(status.hasValue());
  EXPECT_NE(status.error().message.find(session->parameters[1]->name), std::string::npos) << status.error().message;
  EXPECT_EQ(savedSteps(run), std::vector<std::int64_t>{1});
}

TEST(TrainingLoopTest, SavingByMinutesKeepsToTheNumberOfCheckpointsAndChangesNothing) {
  std::vector<std::vector<at::Tensor>> ends;
  std::vector<double> losses;
  for (const double minutes : {0.0, 1e-9, 1000.0}) {
    test::SampleProject project;
    project.config.saveMinutes = minutes;
    project.config.keepCheckpoints = 2;
    const auto session = project.open();
    test::TestRun run(*session);
    ASSERT_TRUE(run.train().hasValue());
    EXPECT_EQ(run.all<CheckpointSaved>().size(), minutes == 1e-9 ? 9U : 1U) << minutes;
    const auto steps = minutes == 1e-9 ? std::vector<std::int64_t>{8, 9} : std::vector<std::int64_t>{9};
    EXPECT_EQ(savedSteps(run), steps) << minutes;
    ends.push_back(trainedNumbers(*session));
    losses.push_back(run.progress.lastLoss);
  }
  EXPECT_TRUE(sameNumbers(ends[0], ends[1]));
  EXPECT_EQ(losses[0], losses[1]);
}

}  // namespace
}  // namespace rosa::train
