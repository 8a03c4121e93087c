// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "checkpoint/checkpoint_folder.h"
#include "engine/model/tiny_models.h"
#include "engine/train/run_course.h"
#include "engine/train/sample_project.h"
#include "engine/train/test_run.h"
#include "train/checkpoint_state.h"

/// Resume bit for bit of methods that want other models than the sample's: with biases, with a classification head.
namespace rosa::train {
namespace {

using test::Family;

struct ResumedModel {
  const char* name;
  Method method;
  test::Family family;
};

void PrintTo(const ResumedModel& given, std::ostream* out) {
  *out << given.name;
}

class ResumeModels : public testing::TestWithParam<ResumedModel> {
 protected:
  static bool classifies() {
    return GetParam().family == test::Family::Bert || GetParam().family == test::Family::Roberta;
  }

  static RunConfig configured() {
    RunConfig config;
    config.method = GetParam().method;
    config.rank.value = std::int64_t{3};
    config.virtualTokens = 4;
    config.task = classifies() ? Task::Classification : Task::LanguageModelling;
    config.learningRate = 5e-3;
    config.batch = 3;
    config.steps = 6;
    config.evalEvery = {};
    config.saveEvery = test::everySteps(1);
    config.keepCheckpoints = 100;
    config.sampleTokens = 0;
    config.ema = 0.5;
    return config;
  }

  static std::vector<data::Example> examples(const model::ModelConfig& model) {
    std::vector<data::Example> all;
    for (std::uint64_t i = 0; i < 9; ++i) {
      const auto batch = test::tinyBatch(model, {static_cast<std::int64_t>(3 + 2 * (i % 4))}, i);
      const auto copied = [](const at::Tensor& ids) {
        const auto* first = ids.const_data_ptr<std::int64_t>();
        return std::vector<std::int32_t>(first, first + ids.numel());
      };
      data::Example example;
      example.tokenIds = copied(batch.tokenIds);
      example.targetCount = 1;
      if (classifies()) {
        example.label = batch.targets.item<std::int64_t>();
      } else {
        example.targets = copied(batch.targets);
        example.targetCount = std::ssize(example.targets) - 1;
      }
      all.push_back(std::move(example));
    }
    return all;
  }

  static std::unique_ptr<Session> open(const RunConfig& config) {
    auto model = test::tinyModel(test::tinyConfig(GetParam().family, 0.1), 1, test::deviceUnderTest());
    auto training = examples(model->config());
    return test::sessionOf(config, std::move(model), std::move(training));
  }
};

TEST_P(ResumeModels, FromEveryStepIsBitExact) {
  const auto config = configured();
  const auto whole = open(config);
  const auto start = open(config);
  test::TestRun uninterrupted(*whole);
  ASSERT_TRUE(uninterrupted.train().hasValue());
  for (std::size_t i = 0; i < whole->parameters.size(); ++i) {
    EXPECT_FALSE(at::equal(whole->parameters[i]->value, start->parameters[i]->value)) << whole->parameters[i]->name;
  }
  const auto saved = checkpoint::listCheckpoints(uninterrupted.checkpoints());
  ASSERT_EQ(saved.size(), 6U);
  for (std::size_t step = 1; step < saved.size(); ++step) {
    SCOPED_TRACE("resumed after step " + std::to_string(step));
    const auto session = open(config);
    test::TestRun resumed(*session);
    const auto loaded = loadCheckpoint(saved[step - 1].folder, *session, resumed.progress);
    ASSERT_TRUE(loaded.hasValue()) << loaded.error().message;
    ASSERT_TRUE(resumed.train().hasValue());
    EXPECT_EQ(test::courseAfter(-1, resumed.events),
              test::courseAfter(static_cast<std::int64_t>(step), uninterrupted.events));
    test::expectSameBits(*session, *whole);
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, ResumeModels,
                         testing::Values(ResumedModel{"bitfit", Method::Bitfit, test::Family::Gpt2},
                                         ResumedModel{"bitfit_bert", Method::Bitfit, test::Family::Bert},
                                         ResumedModel{"head", Method::Head, test::Family::Roberta},
                                         ResumedModel{"houlsby", Method::Houlsby, test::Family::Gpt2},
                                         ResumedModel{"pfeiffer_bert", Method::Pfeiffer, test::Family::Bert},
                                         ResumedModel{"prompt", Method::Prompt, test::Family::Gpt2},
                                         ResumedModel{"prompt_bert", Method::Prompt, test::Family::Bert},
                                         ResumedModel{"prompt_lfm2", Method::Prompt, test::Family::Lfm2},
                                         ResumedModel{"rosa_lfm2", Method::Rosa, test::Family::Lfm2},
                                         ResumedModel{"full_lfm2", Method::Full, test::Family::Lfm2},
                                         ResumedModel{"prompt_qwen35", Method::Prompt, test::Family::Qwen35},
                                         ResumedModel{"rosa_qwen35", Method::Rosa, test::Family::Qwen35},
                                         ResumedModel{"full_qwen35", Method::Full, test::Family::Qwen35},
                                         ResumedModel{"prefix", Method::Prefix, test::Family::Gpt2},
                                         ResumedModel{"prefix_roberta", Method::Prefix, test::Family::Roberta},
                                         ResumedModel{"rosa_gemma4", Method::Rosa, test::Family::Gemma4},
                                         ResumedModel{"full_gemma4", Method::Full, test::Family::Gemma4},
                                         ResumedModel{"prefix_gemma4", Method::Prefix, test::Family::Gemma4}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace rosa::train
