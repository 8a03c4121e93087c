// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/batcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace rosa::data {
namespace {

/// Example i has i + 1 tokens, all of them i; its targets are i + 100 everywhere but at the end.
std::vector<Example> countingExamples(std::int32_t count) {
  std::vector<Example> examples;
  for (std::int32_t i = 0; i < count; ++i) {
    const auto length = static_cast<std::size_t>(i) + 1;
    Example example;
    example.tokenIds.assign(length, i);
    example.targets.assign(length, i + 100);
    example.targets.back() = kNoTarget;
    example.targetCount = i;
    example.label = i % 2;
    example.value = static_cast<float>(i) / 2;
    examples.push_back(std::move(example));
  }
  return examples;
}

std::vector<std::int64_t> firstTokens(const FlatBatch& batch) {
  std::vector<std::int64_t> tokens;
  for (std::int64_t i = 0; i < batch.sequences(); ++i) {
    tokens.push_back(batch.tokenIds[static_cast<std::size_t>(batch.offsets[static_cast<std::size_t>(i)])]);
  }
  return tokens;
}

TEST(FlatBatchTest, LaysSequencesEndToEndWithoutPadding) {
  auto examples = countingExamples(4);
  const std::vector<std::int64_t> chosen{2, 0};
  const auto batch = makeFlatBatch(examples, chosen, TargetKind::Tokens, 2);
  EXPECT_EQ(batch.tokenIds, (std::vector<std::int64_t>{2, 2, 2, 0}));
  EXPECT_EQ(batch.positionIds, (std::vector<std::int64_t>{2, 3, 4, 2}));
  EXPECT_EQ(batch.offsets, (std::vector<std::int64_t>{0, 3, 4}));
  EXPECT_EQ(batch.targets, (std::vector<std::int64_t>{102, 102, kNoTarget, kNoTarget}));
  EXPECT_EQ(batch.targetCount, 2);
  EXPECT_TRUE(batch.segmentIds.empty());
  EXPECT_TRUE(batch.values.empty());
}

TEST(FlatBatchTest, FillsSegmentsOfSequencesWithoutAny) {
  auto examples = countingExamples(3);
  examples[1].segmentIds = {0, 1};
  const std::vector<std::int64_t> chosen{2, 1, 0};
  const auto batch = makeFlatBatch(examples, chosen, TargetKind::Class, 0);
  EXPECT_EQ(batch.segmentIds, (std::vector<std::int64_t>{0, 0, 0, 0, 1, 0}));
  EXPECT_EQ(batch.targets, (std::vector<std::int64_t>{0, 1, 0}));
}

TEST(FlatBatchTest, RegressionHasValuesAndNoTargets) {
  const auto examples = countingExamples(3);
  const std::vector<std::int64_t> chosen{2, 1};
  const auto batch = makeFlatBatch(examples, chosen, TargetKind::Value, 0);
  EXPECT_EQ(batch.values, (std::vector<float>{1.0F, 0.5F}));
  EXPECT_TRUE(batch.targets.empty());
}

TEST(FlatBatchTest, APieceKnowsItsPlaceInTheMicroBatch) {
  const auto examples = countingExamples(4);
  const std::vector<std::int64_t> chosen{0, 1, 2, 3};
  auto batch = makeFlatBatch(examples, chosen, TargetKind::Tokens, 0);
  batch.place.microBatch = 3;
  EXPECT_EQ(splitBatch(batch, 2)[1].place, (BatchPlace{3, 2, 3}));
  EXPECT_EQ(splitBatch(splitBatch(batch, 2)[1], 2)[1].place, (BatchPlace{3, 3, 6})) << "a piece of a piece";
  EXPECT_EQ(splitByTokens(batch, 4, 0)[1].place, (BatchPlace{3, 2, 3}));
}

TEST(FlatBatchTest, ThePartsOfAStepHoldEverySequenceOnceAndAboutEquallyManyTokens) {
  const auto examples = countingExamples(9);
  const auto stepOf = [&] {
    std::vector<FlatBatch> step;
    for (const auto& chosen : {std::vector<std::int64_t>{8, 1, 2}, {3, 4, 5, 0}, {6, 7}}) {
      step.push_back(makeFlatBatch(examples, chosen, TargetKind::Tokens, 0));
      step.back().place.microBatch = std::ssize(step) - 1;
    }
    return step;
  };
  constexpr std::array kMicroBatchOf = {1, 0, 0, 1, 1, 1, 2, 2, 0};  // of each example
  for (const std::int64_t parts : {1, 2, 3, 4, 20}) {
    std::vector<std::int64_t> all;
    std::int64_t targets = 0;
    for (std::int64_t part = 0; part < parts; ++part) {
      std::int64_t tokens = 0;
      for (const auto& batch : partOfStep(stepOf(), part, parts)) {
        EXPECT_GT(batch.sequences(), 0);
        EXPECT_EQ(batch.place.microBatch, kMicroBatchOf[static_cast<std::size_t>(firstTokens(batch)[0])]);
        for (const auto token : firstTokens(batch)) all.push_back(token);
        targets += batch.targetCount;
        tokens += batch.tokens();
      }
      EXPECT_LE(tokens, 45 / parts + 9) << part << " of " << parts;
    }
    EXPECT_EQ(all, (std::vector<std::int64_t>{8, 1, 2, 3, 4, 5, 0, 6, 7})) << parts;
    EXPECT_EQ(targets, 36);
  }
}

TEST(BatcherTest, AnEpochHoldsEveryExampleOnceAndKeepsItsIncompleteLastBatch) {
  const auto examples = countingExamples(10);
  const Batcher batcher(examples, TargetKind::Tokens, {.batch = 4, .seed = 9});
  ASSERT_EQ(batcher.plan().batches(5), 3);
  std::vector<std::int64_t> seen;
  for (std::int64_t index = 0; index < 3; ++index) {
    const auto tokens = firstTokens(batcher.batch(5, index));
    EXPECT_EQ(tokens.size(), index == 2 ? 2U : 4U);
    seen.insert(seen.end(), tokens.begin(), tokens.end());
  }
  std::ranges::sort(seen);
  EXPECT_EQ(seen, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(BatcherTest, WithoutShuffleEveryEpochKeepsTheOrderOfTheFile) {
  const auto examples = countingExamples(5);
  const Batcher batcher(examples, TargetKind::Tokens, {.batch = 3, .shuffle = false});
  for (const std::int64_t epoch : {0, 1, 7}) {
    EXPECT_EQ(firstTokens(batcher.batch(epoch, 0)), (std::vector<std::int64_t>{0, 1, 2}));
    EXPECT_EQ(firstTokens(batcher.batch(epoch, 1)), (std::vector<std::int64_t>{3, 4}));
  }
}

TEST(BatcherTest, ResumesFromEveryPositionAsIfItHadNeverStopped) {
  const auto examples = countingExamples(7);
  const BatchOptions options{.batch = 3, .seed = 4};
  DataPosition position;
  std::vector<std::pair<DataPosition, FlatBatch>> whole;
  const Batcher uninterrupted(examples, TargetKind::Tokens, options);
  for (int i = 0; i < 9; ++i) {
    const DataPosition before = position;
    whole.emplace_back(before, uninterrupted.next(position));
  }
  EXPECT_EQ(position, (DataPosition{3, 0}));
  for (std::size_t start = 0; start < whole.size(); ++start) {
    const Batcher resumed(examples, TargetKind::Tokens, options);
    DataPosition from = whole[start].first;
    for (std::size_t i = start; i < whole.size(); ++i) {
      EXPECT_EQ(from, whole[i].first);
      EXPECT_EQ(resumed.next(from).tokenIds, whole[i].second.tokenIds);
    }
  }
}

TEST(BatcherTest, APositionInsideAnEpochHoldsForAnotherBatchSize) {
  const auto examples = countingExamples(6);
  const Batcher threes(examples, TargetKind::Tokens, {.batch = 3, .seed = 1});
  const Batcher twos(examples, TargetKind::Tokens, {.batch = 2, .seed = 1});
  DataPosition position;
  auto tokens = firstTokens(twos.next(position));
  const auto rest = firstTokens(threes.next(position));
  tokens.insert(tokens.end(), rest.begin(), rest.end());
  const auto last = firstTokens(twos.next(position));
  tokens.insert(tokens.end(), last.begin(), last.end());
  std::ranges::sort(tokens);
  EXPECT_EQ(tokens, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}));
}

TEST(BatcherTest, LongestIsTheWorstCase) {
  const auto examples = countingExamples(6);
  const Batcher batcher(examples, TargetKind::Tokens, {});
  EXPECT_EQ(firstTokens(batcher.longest(2)), (std::vector<std::int64_t>{5, 4}));
  EXPECT_EQ(batcher.longest(100).sequences(), 6);
}

TEST(BatcherTest, TokensFillABatchWithWholeExamplesInTheEpochsOrder) {
  const auto examples = countingExamples(9);  // of 1 to 9 tokens
  const Batcher batcher(examples, TargetKind::Tokens, {.shuffle = false, .tokens = 7});
  std::vector<std::vector<std::int64_t>> batches;
  for (std::int64_t index = 0; index < batcher.plan().batches(0); ++index) {
    batches.push_back(firstTokens(batcher.batch(0, index)));
  }
  // 1 + 2 + 3, 4, 5, 6, 7; those of 8 and 9 are longer than a batch and stand alone.
  EXPECT_EQ(batches, (std::vector<std::vector<std::int64_t>>{{0, 1, 2}, {3}, {4}, {5}, {6}, {7}, {8}}));
}

TEST(BatcherTest, TokensBeforeEachExampleCount) {
  const auto examples = countingExamples(3);
  const Batcher batcher(examples, TargetKind::Tokens, {.shuffle = false, .tokens = 7, .tokensBefore = 2});
  ASSERT_EQ(batcher.plan().batches(0), 2);
  EXPECT_EQ(firstTokens(batcher.batch(0, 0)), (std::vector<std::int64_t>{0, 1})) << "3 and 4 tokens";
  EXPECT_EQ(firstTokens(batcher.batch(0, 1)), (std::vector<std::int64_t>{2}));
}

TEST(BatcherTest, FilledByTokensEveryEpochHoldsEveryExampleOnceInItsOwnOrder) {
  const auto examples = countingExamples(40);
  const Batcher batcher(examples, TargetKind::Tokens, {.seed = 3, .tokens = 60});
  std::vector<std::int64_t> counts;
  for (std::int64_t epoch = 0; epoch < 8; ++epoch) {
    std::vector<std::int64_t> seen;
    counts.push_back(batcher.plan().batches(epoch));
    for (std::int64_t index = 0; index < counts.back(); ++index) {
      const auto batch = batcher.batch(epoch, index);
      EXPECT_LE(batch.tokens(), 60);
      const auto tokens = firstTokens(batch);
      seen.insert(seen.end(), tokens.begin(), tokens.end());
    }
    std::ranges::sort(seen);
    for (std::int64_t i = 0; i < 40; ++i) ASSERT_EQ(seen[static_cast<std::size_t>(i)], i);
    ASSERT_EQ(seen.size(), 40U);
  }
  std::ranges::sort(counts);
  EXPECT_NE(counts.front(), counts.back()) << "otherwise nothing is tried here";
}

TEST(BatcherTest, FilledByTokensItResumesFromEveryPosition) {
  const auto examples = countingExamples(12);
  const BatchOptions options{.seed = 4, .tokens = 20};
  const Batcher batcher(examples, TargetKind::Tokens, options);
  DataPosition position;
  for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
    for (std::int64_t index = 0; index < batcher.plan().batches(epoch); ++index) {
      EXPECT_EQ(position.epoch, epoch);
      EXPECT_EQ(Batcher(examples, TargetKind::Tokens, options).next(position).tokenIds,
                batcher.batch(epoch, index).tokenIds);
    }
  }
  EXPECT_EQ(position, (DataPosition{3, 0}));
}

TEST(BatcherTest, TheFullestBatchIsTheWorstCaseOfTokens) {
  const auto examples = countingExamples(9);
  const Batcher batcher(examples, TargetKind::Tokens, {.tokens = 12});
  EXPECT_EQ(firstTokens(batcher.fullest(12)), (std::vector<std::int64_t>{8, 2})) << "9 + 3 tokens";
  EXPECT_EQ(firstTokens(batcher.fullest(5)), (std::vector<std::int64_t>{8}));
}

TEST(FlatBatchTest, SplitByTokensKeepsOrderAndTargets) {
  const auto examples = countingExamples(6);
  const std::vector<std::int64_t> chosen{5, 0, 1, 2, 3};
  const auto batch = makeFlatBatch(examples, chosen, TargetKind::Tokens, 0);
  const auto pieces = splitByTokens(batch, 5, 0);
  std::vector<std::vector<std::int64_t>> texts;
  std::int64_t targets = 0;
  for (const auto& piece : pieces) {
    texts.push_back(firstTokens(piece));
    targets += piece.targetCount;
  }
  EXPECT_EQ(texts, (std::vector<std::vector<std::int64_t>>{{5}, {0, 1}, {2}, {3}}));
  EXPECT_EQ(targets, batch.targetCount);
}

}  // namespace
}  // namespace rosa::data
