// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/golden_model.h"
#include "model/encoder.h"
#include "model/key_value_cache.h"
#include "support/golden.h"

/// Really trained models against what transformers says of them (expected.json beside the weights).
namespace rosa::model {
namespace {

using Ids = std::vector<std::int64_t>;

class Pretrained : public testing::Test {
 protected:
  /// False (after a skip) where the folder is missing.
  bool open(const std::string& name) {
    const auto folder = test::modelsDirectory() / name;
    if (!std::filesystem::exists(folder)) {
      skip_ = folder.string() + " is missing";
      return false;
    }
    const auto expected = base::readJsonFile(base::FileSystem::real(), folder / "expected.json");
    EXPECT_TRUE(expected) << expected.error().message;
    if (!expected) return false;
    expected_ = *expected;
    auto model = test::openModel(folder);
    EXPECT_TRUE(model.hasValue()) << model.error().message;
    if (!model) return false;
    model_ = *std::move(model);
    return true;
  }

  base::Json expected_;
  std::unique_ptr<Model> model_;
  std::string skip_ = "the model could not be opened";
};

class PretrainedLlama : public Pretrained, public testing::WithParamInterface<std::string> {};

TEST_P(PretrainedLlama, CrossEntropyOfTexts) {
  if (!open(GetParam())) GTEST_SKIP() << skip_;
  const at::NoGradGuard noGrad;
  for (const auto& text : expected_.at("cross_entropy")) {
    const auto ids = text.at("ids").get<Ids>();
    auto batch = test::oneSequence(ids);
    auto targets = ids;
    targets.erase(targets.begin());
    targets.push_back(-100);
    batch.targets = at::tensor(targets, at::kLong);
    const auto predicted = text.at("tokens_predicted").get<double>();
    EXPECT_EQ(static_cast<double>(ids.size() - 1), predicted);
    EXPECT_NEAR(model_->loss(batch, {}, predicted).item<double>(), text.at("mean_cross_entropy").get<double>(), 1e-5);

    // The first few one by one; the file rounds them to six digits.
    const auto logits = model_->logits(batch);
    std::size_t at = 0;
    for (const auto& single : text.at("first5")) {
      const auto row = logits[static_cast<std::int64_t>(at)].log_softmax(0);
      EXPECT_NEAR(-row[ids[at + 1]].item<double>(), single.get<double>(), 1e-5) << "token " << at;
      ++at;
    }
    EXPECT_EQ(at, 5U);
  }
}

TEST_P(PretrainedLlama, GreedyContinuationsWithACache) {
  if (!open(GetParam())) GTEST_SKIP() << skip_;
  for (const auto& sample : expected_.at("generation")) {
    KeyValueCache cache;
    const auto sequence = cache.add();
    auto ids = sample.at("prompt_ids").get<Ids>();
    std::size_t equal = 0;
    const auto reference = sample.at("new_token_ids").get<Ids>();
    for (const auto next : reference) {
      const auto batch = test::oneSequence(ids, cache.length(sequence));
      const auto token = model_->nextLogits(batch, cache, {sequence}).argmax().item<std::int64_t>();
      if (token != next) break;
      ++equal;
      ids = {next};
    }
    EXPECT_EQ(equal, reference.size()) << sample.at("prompt");
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, PretrainedLlama, testing::Values("stories260k", "babyllama"));

/// Mean of the last hidden states over all tokens.
at::Tensor pooled(Encoder& encoder, const Batch& batch) {
  const at::NoGradGuard noGrad;
  return encoder.hidden(batch, {}).mean(0);
}

TEST_F(Pretrained, MiniLmSentenceVectors) {
  if (!open("minilm-l6")) GTEST_SKIP() << skip_;
  auto& encoder = dynamic_cast<Encoder&>(*model_);
  const auto limit = expected_.at("tolerance").get<double>();
  std::vector<at::Tensor> vectors;
  for (const auto& sentence : expected_.at("sentences")) {
    vectors.push_back(pooled(encoder, test::oneSequence(sentence.at("ids").get<Ids>())));
    EXPECT_NEAR(vectors.back().norm().item<double>(), sentence.at("mean_pool_norm").get<double>(), limit);
    std::int64_t at = 0;
    for (const auto& number : sentence.at("mean_pool_first8"))
      EXPECT_NEAR(vectors.back()[at++].item<double>(), number.get<double>(), limit) << sentence.at("text");
  }
  EXPECT_NEAR(at::cosine_similarity(vectors.at(0), vectors.at(1), 0).item<double>(),
              expected_.at("cosine_between_first_two").get<double>(), limit);
}

TEST_F(Pretrained, MiniLmTakesAHeadThatItsFileLacks) {
  const auto folder = test::modelsDirectory() / "minilm-l6";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is missing";
  auto& files = base::FileSystem::real();
  const auto opened = checkpoint::ModelFolder::open(files, folder);
  ASSERT_TRUE(opened) << opened.error().message;
  const auto config = parseModelConfig(opened->config(), "config.json");
  ASSERT_TRUE(config.hasValue()) << config.error().message;
  const checkpoint::FileTensorSource source(*opened);
  BuildOptions options;
  options.head = Head::Classification;
  options.labels = 3;
  options.seed = 7;
  const auto model = buildModel(*config, &source, options);
  ASSERT_TRUE(model.hasValue()) << model.error().message;
  for (const auto& stored : (*model)->tensors()) {
    if (stored.name == "classifier.weight") {
      EXPECT_NEAR(stored.tensor.std().item<double>(), 0.02, 0.002);
    }
    if (stored.name != "bert.pooler.dense.weight") continue;
    const auto inFile = checkpoint::loadTensor(*opened, "pooler.dense.weight");
    ASSERT_TRUE(inFile.hasValue()) << inFile.error().message;
    EXPECT_TRUE(at::equal(stored.tensor, *inFile));
  }
  auto batch = test::oneSequence(Ids{101, 2023, 2003, 102, 2169, 102});
  batch.segmentIds = at::tensor({0, 0, 0, 0, 1, 1}, at::kLong);
  const auto logits = (*model)->logits(batch);
  EXPECT_EQ(logits.sizes().vec(), (Ids{1, 3}));
  batch.segmentIds = at::Tensor();
  EXPECT_FALSE(at::allclose((*model)->logits(batch), logits)) << "the second segment made no difference";
}

}  // namespace
}  // namespace rosa::model
