// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic_write.h"
#include "base/json.h"
#include "base/sha256.h"
#include "checkpoint/checkpoint_folder.h"
#include "checkpoint/manifest.h"
#include "engine/train/run_course.h"
#include "engine/train/sample_project.h"
#include "engine/train/test_run.h"
#include "train/checkpoint_state.h"

/// A run that is resumed from any of its steps ends as the uninterrupted one, to the last bit.
namespace rosa::train {
namespace {

struct ResumedRun {
  const char* name;
  Method method;
  Form form;
  std::int64_t rank = 4;
  void (*configure)(RunConfig&) = [](RunConfig&) {};
};

class Resume : public testing::TestWithParam<ResumedRun> {
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
    EXPECT_EQ(test::courseAfter(-1, resumed.events), test::courseAfter(from, uninterrupted.events));
    EXPECT_EQ(test::numbersOf(resumed.progress), test::numbersOf(uninterrupted.progress));
    test::expectSameBits(*session, *whole);
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
    testing::Values(
        ResumedRun{"rosa_merged", Method::Rosa, Form::Merged}, ResumedRun{"rosa_branch", Method::Rosa, Form::Branch},
        ResumedRun{"rosa_partly_dense", Method::Rosa, Form::Merged, 32},
        ResumedRun{"lora_merged", Method::Lora, Form::Merged}, ResumedRun{"lora_branch", Method::Lora, Form::Branch},
        ResumedRun{"dora", Method::Dora, Form::Auto}, ResumedRun{"ia3", Method::Ia3, Form::Auto},
        ResumedRun{"relora_merged", Method::Relora, Form::Merged},
        ResumedRun{"relora_branch", Method::Relora, Form::Branch}, ResumedRun{"galore", Method::Galore, Form::Auto},
        ResumedRun{"full", Method::Full, Form::Auto}, ResumedRun{"houlsby", Method::Houlsby, Form::Auto},
        ResumedRun{"pfeiffer", Method::Pfeiffer, Form::Auto}, ResumedRun{"prompt", Method::Prompt, Form::Auto},
        ResumedRun{"prefix", Method::Prefix, Form::Auto}),
    [](const auto& test) { return std::string(test.param.name); });

/// ROSA's modes that keep something of their own between steps, and data of which each epoch shows other rows.
INSTANTIATE_TEST_SUITE_P(
    Modes, ResumeRosa,
    testing::Values(
        ResumedRun{"mixed", Method::Rosa, Form::Merged, 4,
                   [](RunConfig& config) { config.mix = {config.data.native() + "=0.4"}; }},
        ResumedRun{"mixed_by_tokens", Method::Lora, Form::Branch, 4,
                   [](RunConfig& config) {
                     config.mix = {config.data.native() + "=0.4"};
                     config.batchTokens = 100;
                   }},
        ResumedRun{"uniform", Method::Rosa, Form::Branch, 4,
                   [](RunConfig& config) { config.slice = SliceRule::Uniform; }},
        ResumedRun{"sweep", Method::Rosa, Form::Merged, 20, [](RunConfig& config) { config.slice = SliceRule::Sweep; }},
        ResumedRun{"sigma", Method::Rosa, Form::Merged, 4, [](RunConfig& config) { config.slice = SliceRule::Sigma; }},
        ResumedRun{"gradient_of_b", Method::Rosa, Form::Branch, 4,
                   [](RunConfig& config) {
                     config.slice = SliceRule::Gradient;
                     config.adapt = AdaptFactors::B;
                   }},
        ResumedRun{"fast_of_a", Method::Rosa, Form::Merged, 4,
                   [](RunConfig& config) {
                     config.basis = Basis::Fast;
                     config.adapt = AdaptFactors::A;
                   }},
        ResumedRun{"svd_add", Method::Rosa, Form::Branch, 4,
                   [](RunConfig& config) { config.factorise = Factorise::SvdAdd; }},
        ResumedRun{"additive", Method::Rosa, Form::Merged, 4,
                   [](RunConfig& config) { config.factorise = Factorise::Additive; }},
        ResumedRun{"random_add", Method::Rosa, Form::Branch, 4,
                   [](RunConfig& config) { config.factorise = Factorise::RandomAdd; }},
        ResumedRun{"random_orthogonal", Method::Rosa, Form::Branch, 4,
                   [](RunConfig& config) { config.factorise = Factorise::RandomOrthogonal; }},
        ResumedRun{"bf16_weights", Method::Rosa, Form::Branch, 4,
                   [](RunConfig& config) { config.weights = WeightType::Bf16; }},
        ResumedRun{"int8_weights", Method::Rosa, Form::Branch, 4,
                   [](RunConfig& config) { config.weights = WeightType::Int8; }},
        ResumedRun{"recomputed", Method::Rosa, Form::Merged, 4,
                   [](RunConfig& config) { config.gradientCheckpointing = GradientCheckpointing::Yes; }},
        ResumedRun{"layer_ranks", Method::Rosa, Form::Merged, 4,
                   [](RunConfig& config) { config.layerRanks = {"mlp=7"}; }},
        ResumedRun{"staggered", Method::Rosa, Form::Branch, 4,
                   [](RunConfig& config) {
                     config.stagger = true;
                     config.momentReset = MomentReset::KeepSecond;
                   }},
        ResumedRun{"plateau_rewarmed", Method::Rosa, Form::Merged, 4,
                   [](RunConfig& config) {
                     config.resampleEvery = {};
                     config.resamplePlateau = test::everySteps(2);
                     config.rewarm = 3;
                     config.learningRate = 1e-5;
                     config.momentReset = MomentReset::Rotate;
                   }},
        ResumedRun{"pruned", Method::Rosa, Form::Branch, 4,
                   [](RunConfig& config) { config.momentReset = MomentReset::Prune; }}),
    [](const auto& test) { return std::string(test.param.name); });

void choose(Optimizer optimizer, RunConfig& config) {
  config.optimizer = optimizer;
  config.learningRate = 1e-3;
}

/// Whatever an optimizer keeps; under full fine-tuning there are matrices of every size and vectors too.
INSTANTIATE_TEST_SUITE_P(Optimizers, Resume,
                         testing::Values(ResumedRun{"adam", Method::Rosa, Form::Merged, 4,
                                                    [](RunConfig& config) { choose(Optimizer::Adam, config); }},
                                         ResumedRun{"sgd", Method::Rosa, Form::Branch, 4,
                                                    [](RunConfig& config) {
                                                      choose(Optimizer::Sgd, config);
                                                      config.momentum = 0.9;
                                                    }},
                                         ResumedRun{"lion", Method::Rosa, Form::Merged, 4,
                                                    [](RunConfig& config) { choose(Optimizer::Lion, config); }},
                                         ResumedRun{"adafactor", Method::Rosa, Form::Branch, 4,
                                                    [](RunConfig& config) {
                                                      choose(Optimizer::Adafactor, config);
                                                      config.scaleParameter = true;
                                                    }},
                                         ResumedRun{"muon", Method::Rosa, Form::Merged, 4,
                                                    [](RunConfig& config) { choose(Optimizer::Muon, config); }},
                                         ResumedRun{"adafactor_full", Method::Full, Form::Auto, 4,
                                                    [](RunConfig& config) { choose(Optimizer::Adafactor, config); }},
                                         ResumedRun{"muon_full", Method::Full, Form::Auto, 4,
                                                    [](RunConfig& config) { choose(Optimizer::Muon, config); }},
                                         ResumedRun{"adamw8bit_full", Method::Full, Form::Auto, 4,
                                                    [](RunConfig& config) { choose(Optimizer::AdamW8bit, config); }}),
                         [](const auto& test) { return std::string(test.param.name); });

/// Averaged weights, noise, and what is remembered of evaluations.
INSTANTIATE_TEST_SUITE_P(
    Training, Resume,
    testing::Values(
        ResumedRun{"ema_rosa_merged", Method::Rosa, Form::Merged, 4, [](RunConfig& config) { config.ema = 0.9; }},
        ResumedRun{"ema_rosa_branch", Method::Rosa, Form::Branch, 4, [](RunConfig& config) { config.ema = 0.9; }},
        ResumedRun{"ema_lora_merged", Method::Lora, Form::Merged, 4, [](RunConfig& config) { config.ema = 0.9; }},
        ResumedRun{"ema_dora", Method::Dora, Form::Auto, 4, [](RunConfig& config) { config.ema = 0.9; }},
        ResumedRun{"ema_full", Method::Full, Form::Auto, 4, [](RunConfig& config) { config.ema = 0.9; }},
        ResumedRun{"ema_houlsby", Method::Houlsby, Form::Auto, 4, [](RunConfig& config) { config.ema = 0.9; }},
        ResumedRun{"ema_prefix", Method::Prefix, Form::Auto, 4, [](RunConfig& config) { config.ema = 0.9; }},
        ResumedRun{"smoothing_and_noise", Method::Rosa, Form::Merged, 4,
                   [](RunConfig& config) {
                     config.labelSmoothing = 0.1;
                     config.neftune = 5;
                     config.schedule = Schedule::CosineWithRestarts;
                     config.scheduleCycles = 2;
                   }},
        ResumedRun{"stopped_early", Method::Rosa, Form::Branch, 4,
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

/// Writes progress.json of a checkpoint anew, and its digest into the manifest: as a run from elsewhere brings both.
void rewriteProgress(const std::filesystem::path& checkpoint,
                     const std::function<void(nlohmann::ordered_json&)>& edit) {
  auto& files = base::FileSystem::real();
  const auto path = checkpoint / "progress.json";
  auto json = *base::readJsonFile(files, path);
  edit(json);
  ASSERT_TRUE(base::writeFileAtomically(files, path, json.dump()).hasValue());
  auto manifest = *checkpoint::readManifest(files, checkpoint);
  manifest.files["progress.json"] = *base::digestFile(files, path);
  const auto text = checkpoint::formatManifest(manifest);
  ASSERT_TRUE(base::writeFileAtomically(files, checkpoint / "manifest.json", text).hasValue());
}

TEST(ResumeAndStop, AForeignProgressFileIsRefusedByNameAndKey) {
  test::SampleProject project;
  project.config.steps = 4;
  const auto session = project.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  const auto folder = checkpoint::checkpointPath(run.checkpoints(), 4);
  const std::vector<std::pair<std::string, std::function<void(nlohmann::ordered_json&)>>> edits = {
      {"smoothed_loss", [](auto& json) { json.erase("smoothed_loss"); }},
      {"base_fingerprint", [](auto& json) { json["base_fingerprint"] = 7; }},
      {"slices", [](auto& json) { json["slices"][0] = {json["slices"][0][0]}; }},
      {"other layers", [](auto& json) { json["slices"][0][3] = 1 << 20; }},
      {"other layers", [](auto& json) { json["slices"][0][0] = "another"; }},
  };
  const auto good = *base::readJsonFile(base::FileSystem::real(), folder / "progress.json");
  for (const auto& [named, edit] : edits) {
    rewriteProgress(folder, [&](auto& json) { json = good; });
    rewriteProgress(folder, edit);
    const auto other = project.open();
    Progress progress;
    const auto loaded = loadCheckpoint(folder, *other, progress);
    ASSERT_FALSE(loaded.hasValue()) << named;
    EXPECT_NE(loaded.error().message.find(named), std::string::npos) << loaded.error().message;
    EXPECT_NE(loaded.error().message.find("progress.json"), std::string::npos) << loaded.error().message;
  }
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
  EXPECT_EQ(test::courseAfter(0, resumed.events), test::courseAfter(0, uninterrupted.events));
  test::expectSameBits(*session, *whole);
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
  EXPECT_EQ(test::courseAfter(0, resumed.events), test::courseAfter(4, uninterrupted.events));
  test::expectSameBits(*session, *whole);
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
  test::expectSameBits(*third, *session);
}

}  // namespace
}  // namespace rosa::train
