// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "adapt/slice.h"
#include "checkpoint/checkpoint_folder.h"
#include "engine/train/sample_project.h"
#include "engine/train/test_run.h"
#include "train/checkpoint_state.h"

/// A run that is resumed from any of its steps ends as the uninterrupted one, to the last bit.
namespace rosa::train {
namespace {

/// What a run computed after `step`, without anything that a clock decides. Doubles are written so that no bit is lost.
std::vector<std::string> courseAfter(std::int64_t step, const std::vector<Event>& events) {
  std::vector<std::string> course;
  for (const auto& event : events) {
    if (const auto* done = std::get_if<StepCompleted>(&event); done != nullptr && done->step > step) {
      course.push_back(fmt::format("step {} loss {:a} norm {:a} rate {:a} tokens {} epoch {:a}", done->step, done->loss,
                                   done->gradientNorm, done->learningRate, done->tokens, done->epoch));
    }
    if (const auto* drawn = std::get_if<ResampleCompleted>(&event); drawn != nullptr && drawn->step > step) {
      course.push_back(fmt::format("resample {} at {} before {:a} after {:a} coverage {:a} next {}", drawn->cycle,
                                   drawn->step, drawn->lossBefore, drawn->lossAfter, drawn->coverage, drawn->nextStep));
      for (const auto& layer : drawn->layers) {
        course.push_back(fmt::format("  {} {}+{}/{}", layer.layer, layer.start, layer.count, layer.directions));
      }
    }
    if (const auto* measured = std::get_if<EvaluationCompleted>(&event); measured != nullptr && measured->step > step) {
      course.push_back(
          fmt::format("evaluation at {} loss {:a} best {}", measured->step, measured->loss, measured->best));
    }
    if (const auto* text = std::get_if<TextSampled>(&event); text != nullptr && text->step > step) {
      course.push_back(fmt::format("text at {} ({}): {}", text->step, text->reason, text->text));
    }
    if (const auto* finished = std::get_if<RunFinished>(&event)) {
      course.push_back(fmt::format("finished {} loss {:a}", finished->outcome, finished->loss));
    }
  }
  return course;
}

/// Every number that training changed.
std::map<std::string, at::Tensor> tensorsOf(const Session& session) {
  std::map<std::string, at::Tensor> all;
  for (const auto& stored : session.model->tensors()) all["model " + stored.name] = stored.tensor.clone();
  for (const auto& [name, tensor] : session.arena->state()) all["arena " + name] = tensor.clone();
  if (session.average) {
    for (const auto& [name, tensor] : session.average->state()) all["average " + name] = tensor.clone();
  }
  for (const auto& layer : session.layers) {
    for (const auto& [name, tensor] : layer.adaptation->state()) all[layer.name + " " + name] = tensor.clone();
    all[layer.name + " slice"] = at::tensor({layer.slice.start, layer.slice.count, layer.slice.directions});
    all[layer.name + " indices"] = at::tensor(adapt::indicesOf(layer.slice));
  }
  return all;
}

std::vector<double> numbersOf(const Progress& progress) {
  std::vector<double> numbers = {static_cast<double>(progress.step), static_cast<double>(progress.cycle),
                                 progress.lastLoss, progress.bestValue, static_cast<double>(progress.bestStep)};
  for (const auto& [name, value] : progress.lastMetrics) numbers.push_back(value);
  for (const auto& good : progress.best) numbers.insert(numbers.end(), {static_cast<double>(good.step), good.value});
  numbers.push_back(static_cast<double>(progress.evaluationsWithoutBetter));
  const auto& smoothed = progress.smoothedLoss;
  numbers.insert(numbers.end(), {smoothed.sum(), smoothed.weight()});
  numbers.insert(numbers.end(),
                 {static_cast<double>(progress.resampledStep), static_cast<double>(progress.plateau.step),
                  std::isnan(progress.plateau.lowest) ? -1 : progress.plateau.lowest});
  for (const auto& open : smoothed.open()) {
    numbers.insert(numbers.end(), {static_cast<double>(open.cycle), static_cast<double>(open.step), open.before});
  }
  return numbers;
}

void expectSameBits(const Session& actual, const Session& expected) {
  const auto left = tensorsOf(actual);
  const auto right = tensorsOf(expected);
  ASSERT_EQ(left.size(), right.size());
  for (const auto& [name, tensor] : right) EXPECT_TRUE(at::equal(left.at(name), tensor)) << name;
}

struct Case {
  const char* name;
  Method method;
  Form form;
  std::int64_t rank = 4;
  void (*configure)(RunConfig&) = [](RunConfig&) {};
};

class Resume : public testing::TestWithParam<Case> {
 protected:
  /// Resumes after every `stride`-th of the nine steps, the start included.
  void resumeFromSteps(std::size_t stride);

  Resume() {
    auto& config = project_.config;
    config.method = GetParam().method;
    config.form = GetParam().form;
    config.rank.value = GetParam().rank;
    config.evalEvery = test::everySteps(2);
    config.saveEvery = test::everySteps(1);
    config.keepCheckpoints = 100;
    config.sampleTokens = 4;
    config.samplePrompts = {"Lily"};
    GetParam().configure(config);
  }

  test::SampleProject project_;
};

void Resume::resumeFromSteps(std::size_t stride) {
  const auto whole = project_.open();
  test::TestRun uninterrupted(*whole);
  ASSERT_TRUE(uninterrupted.train().hasValue());
  const auto saved = checkpoint::listCheckpoints(uninterrupted.checkpoints());
  ASSERT_EQ(std::ssize(saved), uninterrupted.progress.step);
  ASSERT_GE(saved.size(), 4U);

  project_.config.saveEvery = {};  // saving must not matter either
  for (std::size_t step = 0; step < saved.size(); step += stride) {
    SCOPED_TRACE("resumed after step " + std::to_string(step));
    const auto session = project_.open();
    test::TestRun resumed(*session);
    if (step > 0) {
      const auto loaded = loadCheckpoint(saved[step - 1].folder, *session, resumed.progress);
      ASSERT_TRUE(loaded.hasValue()) << loaded.error().message;
    }
    ASSERT_TRUE(resumed.train().hasValue());
    const auto from = step > 0 ? static_cast<std::int64_t>(step) : -1;
    EXPECT_EQ(courseAfter(-1, resumed.events), courseAfter(from, uninterrupted.events));
    EXPECT_EQ(numbersOf(resumed.progress), numbersOf(uninterrupted.progress));
    expectSameBits(*session, *whole);
  }
}

TEST_P(Resume, FromEveryStepIsBitExact) {
  resumeFromSteps(1);
}

using ResumeRosa = Resume;

TEST_P(ResumeRosa, FromTheStartAndFromWithinTwoCyclesIsBitExact) {
  resumeFromSteps(4);
}

// At rank 32 the key and value matrices (64 x 32) train W itself, beside slices of the others.
INSTANTIATE_TEST_SUITE_P(
    Methods, Resume,
    testing::Values(Case{"rosa_merged", Method::Rosa, Form::Merged}, Case{"rosa_branch", Method::Rosa, Form::Branch},
                    Case{"rosa_partly_dense", Method::Rosa, Form::Merged, 32},
                    Case{"lora_merged", Method::Lora, Form::Merged}, Case{"lora_branch", Method::Lora, Form::Branch},
                    Case{"dora", Method::Dora, Form::Auto}, Case{"ia3", Method::Ia3, Form::Auto},
                    Case{"relora_merged", Method::Relora, Form::Merged},
                    Case{"relora_branch", Method::Relora, Form::Branch}, Case{"galore", Method::Galore, Form::Auto},
                    Case{"full", Method::Full, Form::Auto}),
    [](const auto& test) { return std::string(test.param.name); });

/// ROSA's modes that keep something of their own between steps.
INSTANTIATE_TEST_SUITE_P(
    Modes, ResumeRosa,
    testing::Values(
        Case{"uniform", Method::Rosa, Form::Branch, 4, [](RunConfig& config) { config.slice = SliceRule::Uniform; }},
        Case{"sweep", Method::Rosa, Form::Merged, 20, [](RunConfig& config) { config.slice = SliceRule::Sweep; }},
        Case{"sigma", Method::Rosa, Form::Merged, 4, [](RunConfig& config) { config.slice = SliceRule::Sigma; }},
        Case{"gradient_of_b", Method::Rosa, Form::Branch, 4,
             [](RunConfig& config) {
               config.slice = SliceRule::Gradient;
               config.adapt = AdaptFactors::B;
             }},
        Case{"fast_of_a", Method::Rosa, Form::Merged, 4,
             [](RunConfig& config) {
               config.basis = Basis::Fast;
               config.adapt = AdaptFactors::A;
             }},
        Case{"svd_add", Method::Rosa, Form::Branch, 4, [](RunConfig& config) { config.factorise = Factorise::SvdAdd; }},
        Case{"additive", Method::Rosa, Form::Merged, 4,
             [](RunConfig& config) { config.factorise = Factorise::Additive; }},
        Case{"random_add", Method::Rosa, Form::Branch, 4,
             [](RunConfig& config) { config.factorise = Factorise::RandomAdd; }},
        Case{"random_orthogonal", Method::Rosa, Form::Branch, 4,
             [](RunConfig& config) { config.factorise = Factorise::RandomOrthogonal; }},
        Case{"layer_ranks", Method::Rosa, Form::Merged, 4, [](RunConfig& config) { config.layerRanks = {"mlp=7"}; }},
        Case{"staggered", Method::Rosa, Form::Branch, 4,
             [](RunConfig& config) {
               config.stagger = true;
               config.momentReset = MomentReset::KeepSecond;
             }},
        Case{"plateau_rewarmed", Method::Rosa, Form::Merged, 4,
             [](RunConfig& config) {
               config.resampleEvery = {};
               config.resamplePlateau = test::everySteps(2);
               config.rewarm = 3;
               config.learningRate = 1e-5;
               config.momentReset = MomentReset::Rotate;
             }},
        Case{"pruned", Method::Rosa, Form::Branch, 4,
             [](RunConfig& config) { config.momentReset = MomentReset::Prune; }}),
    [](const auto& test) { return std::string(test.param.name); });

void choose(Optimizer optimizer, RunConfig& config) {
  config.optimizer = optimizer;
  config.learningRate = 1e-3;
}

/// Whatever an optimizer keeps; under full fine-tuning there are matrices of every size and vectors too.
INSTANTIATE_TEST_SUITE_P(
    Optimizers, Resume,
    testing::Values(
        Case{"adam", Method::Rosa, Form::Merged, 4, [](RunConfig& config) { choose(Optimizer::Adam, config); }},
        Case{"sgd", Method::Rosa, Form::Branch, 4,
             [](RunConfig& config) {
               choose(Optimizer::Sgd, config);
               config.momentum = 0.9;
             }},
        Case{"lion", Method::Rosa, Form::Merged, 4, [](RunConfig& config) { choose(Optimizer::Lion, config); }},
        Case{"adafactor", Method::Rosa, Form::Branch, 4,
             [](RunConfig& config) {
               choose(Optimizer::Adafactor, config);
               config.scaleParameter = true;
             }},
        Case{"muon", Method::Rosa, Form::Merged, 4, [](RunConfig& config) { choose(Optimizer::Muon, config); }},
        Case{"adafactor_full", Method::Full, Form::Auto, 4,
             [](RunConfig& config) { choose(Optimizer::Adafactor, config); }},
        Case{"muon_full", Method::Full, Form::Auto, 4, [](RunConfig& config) { choose(Optimizer::Muon, config); }},
        Case{"adamw8bit_full", Method::Full, Form::Auto, 4,
             [](RunConfig& config) { choose(Optimizer::AdamW8bit, config); }}),
    [](const auto& test) { return std::string(test.param.name); });

/// Averaged weights, noise, and what is remembered of evaluations.
INSTANTIATE_TEST_SUITE_P(
    Training, Resume,
    testing::Values(Case{"ema_rosa_merged", Method::Rosa, Form::Merged, 4, [](RunConfig& config) { config.ema = 0.9; }},
                    Case{"ema_rosa_branch", Method::Rosa, Form::Branch, 4, [](RunConfig& config) { config.ema = 0.9; }},
                    Case{"ema_lora_merged", Method::Lora, Form::Merged, 4, [](RunConfig& config) { config.ema = 0.9; }},
                    Case{"ema_dora", Method::Dora, Form::Auto, 4, [](RunConfig& config) { config.ema = 0.9; }},
                    Case{"ema_full", Method::Full, Form::Auto, 4, [](RunConfig& config) { config.ema = 0.9; }},
                    Case{"smoothing_and_noise", Method::Rosa, Form::Merged, 4,
                         [](RunConfig& config) {
                           config.labelSmoothing = 0.1;
                           config.neftune = 5;
                           config.schedule = Schedule::CosineWithRestarts;
                           config.scheduleCycles = 2;
                         }},
                    Case{"stopped_early", Method::Rosa, Form::Branch, 4,
                         [](RunConfig& config) {
                           config.learningRate = -0.02;  // uphill
                           config.schedule = Schedule::Constant;
                           config.warmup = {};
                           config.evalEvery = test::everySteps(1);
                           config.earlyStopping = 4;
                           config.keepBest = 3;
                         }}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(ResumeErrors, AnotherModelIsTold) {
  test::SampleProject project;
  project.config.steps = 1;
  project.config.resampleEvery = {};
  const auto session = project.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  const auto other = project.open();
  other->baseFingerprint = "other";
  Progress progress;
  const auto loaded = loadCheckpoint(checkpoint::checkpointPath(run.checkpoints(), 1), *other, progress);
  ASSERT_FALSE(loaded.hasValue());
  EXPECT_NE(loaded.error().message.find("stories260k"), std::string::npos) << loaded.error().message;
}

TEST(ResumeErrors, OtherLayersAreTold) {
  test::SampleProject project;
  project.config.steps = 1;
  project.config.resampleEvery = {};
  const auto session = project.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  project.config.layers = "attention";
  const auto other = project.open();
  Progress progress;
  const auto loaded = loadCheckpoint(checkpoint::checkpointPath(run.checkpoints(), 1), *other, progress);
  ASSERT_FALSE(loaded.hasValue());
  EXPECT_NE(loaded.error().message.find("config.yaml"), std::string::npos) << loaded.error().message;
}

TEST(ResumeErrors, AnotherFormIsTold) {
  test::SampleProject project;
  project.config.steps = 1;
  project.config.resampleEvery = {};
  project.config.form = Form::Merged;
  const auto session = project.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  project.config.form = Form::Branch;
  const auto other = project.open();
  Progress progress;
  const auto loaded = loadCheckpoint(checkpoint::checkpointPath(run.checkpoints(), 1), *other, progress);
  ASSERT_FALSE(loaded.hasValue());
  EXPECT_NE(loaded.error().message.find("form: merged"), std::string::npos) << loaded.error().message;
}

TEST(ResumeAndStop, ARunStoppedBeforeItsFirstStepStartsAsIfItHadNot) {
  test::SampleProject project;
  project.config.form = Form::Branch;  // drawing a slice again would round W_fixed once more
  const auto whole = project.open();
  test::TestRun uninterrupted(*whole);
  ASSERT_TRUE(uninterrupted.train().hasValue());

  const auto stopped = project.open();
  test::TestRun nothingDone(*stopped);
  nothingDone.control.stop(StopMode::Save);
  ASSERT_TRUE(nothingDone.train().hasValue());

  const auto session = project.open();
  test::TestRun resumed(*session);
  ASSERT_TRUE(
      loadCheckpoint(checkpoint::checkpointPath(nothingDone.checkpoints(), 0), *session, resumed.progress).hasValue());
  ASSERT_TRUE(resumed.train().hasValue());
  EXPECT_EQ(courseAfter(0, resumed.events), courseAfter(0, uninterrupted.events));
  expectSameBits(*session, *whole);
}

TEST(ResumeAndStop, TwoThreadsResumeBitForBitToo) {
  test::SampleProject project;
  project.config.threads = 2;
  project.config.steps = 5;
  project.config.saveEvery = test::everySteps(2);
  const auto whole = project.open();
  test::TestRun uninterrupted(*whole);
  ASSERT_TRUE(uninterrupted.train().hasValue());
  const auto session = project.open();
  test::TestRun resumed(*session);
  ASSERT_TRUE(loadCheckpoint(checkpoint::checkpointPath(uninterrupted.checkpoints(), 4), *session, resumed.progress)
                  .hasValue());
  ASSERT_TRUE(resumed.train().hasValue());
  EXPECT_EQ(courseAfter(0, resumed.events), courseAfter(4, uninterrupted.events));
  expectSameBits(*session, *whole);
}

TEST(ResumeAndStop, AStopRightAfterResumingKeepsTheCheckpoint) {
  test::SampleProject project;
  project.config.steps = 3;
  project.config.saveEvery = test::everySteps(1);
  const auto session = project.open();
  test::TestRun run(*session);
  run.onEvent = test::whenever<StepCompleted>([&](const auto& step) {
    if (step.step == 2) run.control.stop(StopMode::Save);
  });
  ASSERT_TRUE(run.train().hasValue());

  // As in a run's own folder: the resumed loop saves over what it was loaded from.
  const auto second = project.open();
  Progress progress;
  const auto folder = checkpoint::checkpointPath(run.checkpoints(), 2);
  ASSERT_TRUE(loadCheckpoint(folder, *second, progress).hasValue());
  RunControl control;
  control.stop(StopMode::Save);
  EventFan fan({}, run);
  ASSERT_TRUE(TrainingLoop(*second, progress, control, fan, run.checkpoints().parent_path()).run().hasValue());

  const auto third = project.open();
  ASSERT_TRUE(loadCheckpoint(folder, *third, progress).hasValue());
  EXPECT_EQ(progress.step, 2);
  expectSameBits(*third, *session);
}

}  // namespace
}  // namespace rosa::train
