// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/masking.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "data/batcher.h"

namespace rosa::data {
namespace {

constexpr std::int64_t kMask = 4, kWords = 1000;

/// Texts of different lengths, each between a special token 2 and a special token 3, which are no targets.
std::vector<Example> framedExamples(std::int32_t count) {
  std::vector<Example> examples;
  for (std::int32_t i = 0; i < count; ++i) {
    Example example;
    example.tokenIds = {2};
    example.targets = {kNoTarget};
    for (std::int32_t j = 0; j < 1 + i % 40; ++j) {
      const auto id = 10 + (i * 31 + j * 7) % 900;
      example.tokenIds.push_back(id);
      example.targets.push_back(id);
      ++example.targetCount;
    }
    example.tokenIds.push_back(3);
    example.targets.push_back(kNoTarget);
    examples.push_back(std::move(example));
  }
  return examples;
}

Masking masking(double rate = 0.15, std::int64_t seed = 7) {
  return {rate, kMask, kWords, seed};
}

/// The sequences of an epoch by their example's number.
std::map<std::int64_t, FlatBatch> epochOf(const std::vector<Example>& examples, const BatchOptions& options,
                                          std::int64_t epoch) {
  const Batcher batcher(examples, TargetKind::Tokens, options);
  auto plain = options;
  plain.masking.reset();
  const Batcher order(examples, TargetKind::Tokens, plain);
  std::map<std::int64_t, FlatBatch> found;
  for (std::int64_t i = 0; i < batcher.plan().batches(0); ++i) {
    const auto hidden = splitBatch(batcher.batch(epoch, i), options.batch);
    const auto shown = splitBatch(order.batch(epoch, i), options.batch);
    for (std::size_t k = 0; k < hidden.size(); ++k) {
      const auto same = std::ranges::find_if(
          examples, [&](const Example& example) { return std::ranges::equal(example.tokenIds, shown[k].tokenIds); });
      found.emplace(same - examples.begin(), hidden[k]);
    }
  }
  return found;
}

bool sameBatches(const std::map<std::int64_t, FlatBatch>& one, const std::map<std::int64_t, FlatBatch>& other) {
  return std::ranges::equal(one, other, [](const auto& a, const auto& b) {
    return a.first == b.first && a.second.tokenIds == b.second.tokenIds && a.second.targets == b.second.targets;
  });
}

TEST(MaskingTest, HidesTheShareThatIsAskedForInTheThreeWays) {
  const auto examples = framedExamples(400);
  double ordinary = 0, guessed = 0, masked = 0, kept = 0, replaced = 0;
  for (std::int64_t epoch = 0; epoch < 20; ++epoch) {
    for (const auto& [index, batch] : epochOf(examples, {.batch = 16, .masking = masking(0.25)}, epoch)) {
      const auto& example = examples[static_cast<std::size_t>(index)];
      ASSERT_GE(batch.targetCount, 1) << "a text of which nothing is hidden teaches nothing";
      if (example.targetCount < 20) continue;  // there the one that is always hidden moves the share
      ordinary += static_cast<double>(example.targetCount);
      for (std::size_t i = 0; i < batch.tokenIds.size(); ++i) {
        const auto before = example.tokenIds[i], target = example.targets[i];
        if (batch.targets[i] == kNoTarget) {
          ASSERT_EQ(batch.tokenIds[i], before) << "only what is to be guessed changes";
          continue;
        }
        ASSERT_EQ(batch.targets[i], target) << "the token that stood there is to be guessed";
        ++guessed;
        (batch.tokenIds[i] == kMask ? masked : batch.tokenIds[i] == before ? kept : replaced) += 1;
        ASSERT_GE(batch.tokenIds[i], 0);
        ASSERT_LT(batch.tokenIds[i], kWords);
      }
    }
  }
  // Within five standard deviations.
  const auto near = [](double count, double of, double share) {
    EXPECT_NEAR(count / of, share, 5 * std::sqrt(share * (1 - share) / of));
  };
  ASSERT_GT(guessed, 20000);
  near(guessed, ordinary, 0.25);
  near(masked, guessed, 0.8 + 0.1 / kWords);
  near(replaced, guessed, 0.1 * (1 - 2.0 / kWords));
  near(kept, guessed, 0.1 + 0.1 / kWords);
}

TEST(MaskingTest, SpecialTokensStay) {
  const auto examples = framedExamples(50);
  for (const auto& [index, batch] : epochOf(examples, {.batch = 8, .masking = masking(0.95)}, 0)) {
    EXPECT_EQ(batch.tokenIds.front(), 2);
    EXPECT_EQ(batch.tokenIds.back(), 3);
    EXPECT_EQ(batch.targets.front(), kNoTarget);
    EXPECT_EQ(batch.targets.back(), kNoTarget);
  }
}

TEST(MaskingTest, FollowsFromSeedEpochAndExampleAlone) {
  const auto examples = framedExamples(60);
  const BatchOptions options{.batch = 8, .seed = 1, .masking = masking()};
  const auto first = epochOf(examples, options, 2);
  EXPECT_TRUE(sameBatches(first, epochOf(examples, options, 2))) << "a resumed run hides the same";
  auto others = options;
  others.batch = 3;
  others.shuffle = false;
  EXPECT_TRUE(sameBatches(first, epochOf(examples, others, 2))) << "whatever batch an example comes in";
  EXPECT_FALSE(sameBatches(first, epochOf(examples, options, 3)));
  others = options;
  others.masking->seed = 8;
  EXPECT_FALSE(sameBatches(first, epochOf(examples, others, 2)));
  // Two examples of one text are hidden differently.
  const std::vector<Example> twins(2, examples[39]);
  std::vector<std::int64_t> chosen = {0, 1};
  auto batch = makeFlatBatch(twins, chosen, TargetKind::Tokens, 0);
  hideTokens(batch, chosen, masking(), 0);
  const auto halves = splitBatch(batch, 2);
  EXPECT_NE(halves[0].targets, halves[1].targets);
}

TEST(MaskingTest, CountsWhatIsToBeGuessed) {
  const auto examples = framedExamples(30);
  const Batcher batcher(examples, TargetKind::Tokens, {.batch = 30, .masking = masking()});
  for (const auto& batch : {batcher.batch(0, 0), batcher.longest(12)}) {
    EXPECT_EQ(batch.targetCount, std::ssize(batch.targets) - std::ranges::count(batch.targets, kNoTarget));
  }
}

TEST(MaskingTest, ATextOfSpecialTokensAloneIsLeftAlone) {
  Example example;
  example.tokenIds = {2, 3};
  example.targets = {kNoTarget, kNoTarget};
  const std::vector<Example> examples = {example};
  const std::vector<std::int64_t> chosen = {0};
  auto batch = makeFlatBatch(examples, chosen, TargetKind::Tokens, 0);
  hideTokens(batch, chosen, masking(0.9), 0);
  EXPECT_EQ(batch.tokenIds, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(batch.targetCount, 0);
}

}  // namespace
}  // namespace rosa::data
