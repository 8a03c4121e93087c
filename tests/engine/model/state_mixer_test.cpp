// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/state_mixer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/model/tiny_models.h"
#include "model/virtual_tokens.h"

/// Layers with state inside a whole model; the layers' own numbers are compared in model_golden_test, what a cache does
/// with their states in key_value_cache_test.
namespace rosa::model {
namespace {

class StateMixerTest : public testing::TestWithParam<test::Family> {
 protected:
  std::unique_ptr<Model> model_ = test::tinyModel(test::tinyConfig(GetParam()));

  /// A pass over pieces of `whole`: one's begin and length each, and the sequence that it continues.
  at::Tensor next(const Batch& whole, KeyValueCache& cache, KeyValueCache::Sequence sequence, std::int64_t begin,
                  std::int64_t length) {
    Batch batch;
    batch.tokenIds = whole.tokenIds.narrow(0, begin, length);
    batch.positionIds = whole.positionIds.narrow(0, begin, length);
    batch.offsets = {0, length};
    return model_->nextLogits(batch, cache, {sequence})[0];
  }
};

TEST_P(StateMixerTest, IsWhereTheConfigurationHasOne) {
  EXPECT_TRUE(model_->config().keepsStates());
  EXPECT_FALSE(test::parsed(test::tinyConfig(test::Family::Llama)).keepsStates());
}

TEST_P(StateMixerTest, ATokensResultDoesNotDependOnLaterOnes) {
  auto batch = test::tinyBatch(model_->config(), {12});
  const auto before = model_->logits(batch);
  batch.tokenIds = batch.tokenIds.clone();
  batch.tokenIds.narrow(0, 8, 4).fill_(4);
  const auto after = model_->logits(batch);
  EXPECT_LE(test::distance(after.narrow(0, 0, 8), before.narrow(0, 0, 8)), 1e-6);
  EXPECT_GT(test::distance(after.narrow(0, 8, 4), before.narrow(0, 8, 4)), 1e-3);
}

/// As beams do: a stem, forks that read other tokens, a fork of a fork, the stem dropped.
TEST_P(StateMixerTest, EveryForkGoesOnFromItsOwnState) {
  const auto one = test::tinyBatch(model_->config(), {20}, 5);
  const auto two = test::tinyBatch(model_->config(), {20}, 6);
  const auto expectedAfter = [&](std::int64_t ofOne, std::int64_t ofTwo) {
    Batch text;
    text.tokenIds = at::cat({one.tokenIds.narrow(0, 0, ofOne), two.tokenIds.narrow(0, ofOne, ofTwo)});
    text.positionIds = one.positionIds.narrow(0, 0, ofOne + ofTwo);
    text.offsets = {0, ofOne + ofTwo};
    return model_->logits(text)[ofOne + ofTwo - 1];
  };
  KeyValueCache cache;
  const auto stem = cache.add();
  static_cast<void>(next(one, cache, stem, 0, 9));
  const auto branch = cache.fork(stem);
  EXPECT_LE(test::distance(next(two, cache, branch, 9, 3), expectedAfter(9, 3)), 5e-6);
  EXPECT_LE(test::distance(next(one, cache, stem, 9, 1), expectedAfter(10, 0)), 5e-6);
  const auto twig = cache.fork(branch);
  cache.drop(stem);
  EXPECT_LE(test::distance(next(two, cache, branch, 12, 1), expectedAfter(9, 4)), 5e-6);
  EXPECT_LE(test::distance(next(two, cache, twig, 12, 2), expectedAfter(9, 5)), 5e-6);
}

TEST_P(StateMixerTest, AClearedSequenceStartsAnew) {
  const auto text = test::tinyBatch(model_->config(), {8});
  KeyValueCache cache;
  const auto sequence = cache.add();
  static_cast<void>(next(text, cache, sequence, 2, 6));
  cache.clear(sequence);
  EXPECT_LE(test::distance(next(text, cache, sequence, 0, 6), model_->logits(text)[5]), 5e-6);
}

TEST_P(StateMixerTest, APromptStandsBeforeTheTextAndAPrefixIsRefused) {
  EXPECT_TRUE(checkVirtual(VirtualKind::Prompt, model_->config()));
  const auto refused = checkVirtual(VirtualKind::Prefix, model_->config());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("has layers that keep a state"), std::string::npos) << refused.error().message;
}

INSTANTIATE_TEST_SUITE_P(Families, StateMixerTest, testing::ValuesIn(test::kStateFamilies),
                         [](const auto& test) { return std::string(familyName(test.param)); });

}  // namespace
}  // namespace rosa::model
