// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "device/device.h"
#include "engine/model/tiny_models.h"
#include "engine/train/sample_project.h"
#include "engine/train/test_run.h"

namespace rosa::train {
namespace {

/// What trains, by name; the factors of slices left out.
std::set<std::string> denseNames(const Session& session) {
  std::set<std::string> names;
  for (const auto* parameter : session.parameters) {
    if (parameter->segment != adapt::Segment::Adapter) names.insert(parameter->name);
  }
  return names;
}

std::unique_ptr<Session> tinySession(test::Family family, RunConfig config) {
  config.rank.value = std::int64_t{2};
  config.task = family == test::Family::Gpt2 ? Task::LanguageModelling : Task::Classification;
  data::Example example;
  example.tokenIds = {1, 2, 3};
  return test::sessionOf(config, test::tinyModel(test::tinyConfig(family)), {example});
}

std::string errorOf(const RunConfig& config) {
  const auto session = openSession(config);
  return session ? std::string() : session.error().message;
}

TEST(SessionTest, TheHeadTrainsByDefaultAndThePoolerDoesNot) {
  const std::set<std::string> bert = {"classifier.weight", "classifier.bias"};
  EXPECT_EQ(denseNames(*tinySession(test::Family::Bert, {})), bert);
  const std::set<std::string> roberta = {"classifier.dense.weight", "classifier.dense.bias",
                                         "classifier.out_proj.weight", "classifier.out_proj.bias"};
  EXPECT_EQ(denseNames(*tinySession(test::Family::Roberta, {})), roberta);
  RunConfig frozen;
  frozen.trainHead = false;
  EXPECT_TRUE(denseNames(*tinySession(test::Family::Bert, frozen)).empty());
}

TEST(SessionTest, FullTrainsEveryTensor) {
  RunConfig config;
  config.method = Method::Full;
  for (const auto family : {test::Family::Gpt2, test::Family::Bert, test::Family::Roberta}) {
    const auto session = tinySession(family, config);
    std::set<std::string> all;
    for (const auto& stored : session->model->tensors()) all.insert(stored.name);
    EXPECT_EQ(denseNames(*session), all);
  }
}

TEST(SessionTest, BiasesTrainOnlyInAdaptedLayers) {
  RunConfig config;
  config.trainBias = true;
  config.layers = "attn.c_proj";
  const std::set<std::string> expected = {"transformer.h.0.attn.c_proj.bias", "transformer.h.1.attn.c_proj.bias"};
  EXPECT_EQ(denseNames(*tinySession(test::Family::Gpt2, config)), expected);
}

TEST(SessionTest, BiasesAndNormsNeedNotDecay) {
  RunConfig config;
  config.method = Method::Full;
  for (const bool decayAll : {true, false}) {
    config.decayAll = decayAll;
    const auto session = tinySession(test::Family::Bert, config);
    for (const auto* parameter : session->parameters) {
      const bool spared = parameter->name.ends_with(".bias") || parameter->name.find("Norm") != std::string::npos;
      EXPECT_EQ(parameter->decays, decayAll || !spared) << parameter->name;
    }
  }
}

TEST(SessionTest, AdamsDecayIsAPartOfItsGradientAlone) {
  RunConfig config;
  config.weightDecay = 0.1;
  EXPECT_EQ(tinySession(test::Family::Gpt2, config)->stepSettings().weightDecay, 0.1);
  config.optimizer = Optimizer::Adam;
  EXPECT_EQ(tinySession(test::Family::Gpt2, config)->stepSettings().weightDecay, 0);
}

TEST(SessionTest, TheChosenFormStandsInItsConfiguration) {
  const auto session = test::SampleProject().open();
  EXPECT_NE(session->config.form, Form::Auto);
}

TEST(SessionTest, EveryLayerThatIsTooSmallForTheRankIsNamed) {
  test::SampleProject project;
  project.config.rank.value = std::int64_t{33};  // keys and values are 64 x 32
  const auto error = errorOf(project.config);
  for (int layer = 0; layer < 5; ++layer) {
    for (const char* matrix : {"k_proj", "v_proj"}) {
      const auto name = "layers." + std::to_string(layer) + ".self_attn." + matrix;
      EXPECT_NE(error.find(name), std::string::npos) << name << " is missing in: " << error;
    }
  }
  EXPECT_NE(error.find("32"), std::string::npos) << error;
  EXPECT_EQ(error.find("q_proj"), std::string::npos) << error;
}

TEST(SessionTest, AMistakeOfTheSettingsIsASentence) {
  test::SampleProject project;
  auto config = project.config;
  config.layers = "attention,nothing_like_this";
  EXPECT_NE(errorOf(config).find("nothing_like_this"), std::string::npos) << errorOf(config);
  config = project.config;
  config.windows = "0,1,2";
  EXPECT_NE(errorOf(config).find("3 slice starts a cycle, but 35 layers"), std::string::npos) << errorOf(config);
  config = project.config;
  config.maxLength = 513;
  EXPECT_NE(errorOf(config).find("--max-length 512"), std::string::npos) << errorOf(config);
  config = project.config;
  config.model = "/nowhere";
  EXPECT_NE(errorOf(config).find("/nowhere"), std::string::npos) << errorOf(config);
}

TEST(SessionTest, OpeningIsWatchedAndCanBeGivenUpWhileItReadsTheData) {
  const test::SampleProject project;
  OpenOptions options;
  std::vector<std::string> told;
  options.progress = [&](double /*fraction*/, const std::string& what) { told.push_back(what); };
  ASSERT_TRUE(openSession(project.config, options));
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back(), "Cutting rows.csv into tokens");
  int asked = 0;
  options.giveUp = [&] { return ++asked > 3; };
  EXPECT_FALSE(openSession(project.config, options));
  EXPECT_EQ(asked, 4);
}

TEST(SessionTest, EachEpochTakesEveryExampleOnce) {
  const auto session = test::SampleProject().open();
  ASSERT_EQ(session->training.size(), 14U);
  ASSERT_EQ(session->counts.stepsPerEpoch, 4);
  std::int64_t sequences = 0;
  for (std::int64_t step = 5; step <= 8; ++step) {
    const auto batches = session->batches(step);
    EXPECT_EQ(batches.size(), step == 8 ? 1U : 2U) << "the epoch's last step takes what is left";
    for (const auto& batch : batches) sequences += batch.sequences();
  }
  EXPECT_EQ(sequences, 14);
  EXPECT_NE(session->batches(1)[0].tokenIds, session->batches(5)[0].tokenIds) << "each epoch has its own order";
}

TEST(SessionTest, BatchesFilledByTokensAreCountedInTheOrdersOfTheRunsEpochs) {
  test::SampleProject project;
  project.config.batchTokens = 96;
  project.config.steps.reset();
  project.config.epochs = 5.5;
  const auto session = project.open();
  std::int64_t step = 0, half = 0;
  std::vector<std::int64_t> perEpoch;
  for (std::int64_t epoch = 0; epoch < 6; ++epoch) {
    std::int64_t examples = 0;
    const auto before = step;
    while (examples < 14) {
      const auto batches = session->batches(++step);
      EXPECT_LE(batches.size(), 2U);
      for (const auto& batch : batches) {
        EXPECT_TRUE(batch.tokens() <= 96 || batch.sequences() == 1);
        examples += batch.sequences();
      }
      EXPECT_GT(session->epochsAfter(step), static_cast<double>(epoch));
    }
    ASSERT_EQ(examples, 14) << "no step holds examples of two epochs";
    EXPECT_DOUBLE_EQ(session->epochsAfter(step), static_cast<double>(epoch + 1));
    perEpoch.push_back(step - before);
    if (epoch == 4) half = step;
  }
  EXPECT_EQ(session->counts.stepsPerEpoch, perEpoch[0]);
  EXPECT_EQ(session->counts.totalSteps, half + (perEpoch[5] + 1) / 2);
}

TEST(SessionTest, SamplesGoOnFromValidationTextsUnlessPromptsAreGiven) {
  test::SampleProject project;
  EXPECT_TRUE(project.open()->samplePrompts.empty()) << "no sample tokens, no prompts";
  project.config.sampleTokens = 8;
  const auto session = project.open();
  ASSERT_FALSE(session->samplePrompts.empty());
  for (const auto& prompt : session->samplePrompts) {
    EXPECT_TRUE(std::ranges::any_of(session->validation, [&](const data::Example& example) {
      return session->tokenizer.decode(example.tokenIds, true).starts_with(prompt);
    })) << prompt;
  }
  project.config.samplePrompts = {"Lily", "The cat"};
  EXPECT_EQ(project.open()->samplePrompts, project.config.samplePrompts);
}

TEST(SessionTest, OpeningOneBesideARunChangesNoArithmetic) {
  test::SampleProject project;
  for (const bool ofTheRun : {true, false}) {
    const device::Tf32Scope run(ofTheRun);
    project.config.tf32 = !ofTheRun;
    const auto session = project.open();
    EXPECT_EQ(device::Tf32Scope::allowed(), ofTheRun);
  }
}

}  // namespace
}  // namespace rosa::train
