// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/key_value_cache.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "engine/model/tiny_models.h"
#include "model/cached_attention.h"
#include "model/model.h"

namespace rosa::model {
namespace {

using Sequence = KeyValueCache::Sequence;
constexpr std::int64_t kBlock = KeyValueCache::kBlockTokens;

/// Part of a batch of one sequence.
struct Piece {
  Sequence sequence;
  std::int64_t begin, length;
};

class EveryDecoder : public testing::TestWithParam<test::Family> {
 protected:
  void SetUp() override {
    auto config = test::tinyConfig(GetParam());
    config[GetParam() == test::Family::Gpt2 ? "n_positions" : "max_position_embeddings"] = 200;
    model_ = test::tinyModel(config);
    whole_ = test::tinyBatch(model_->config(), {150});
    expected_ = model_->logits(whole_);
  }

  /// Logits after pieces of the one long text, each for a sequence of the cache.
  at::Tensor next(const std::vector<Piece>& pieces) {
    Batch batch;
    batch.offsets = {0};
    std::vector<at::Tensor> tokens, positions;
    std::vector<Sequence> sequences;
    for (const auto& [sequence, begin, length] : pieces) {
      tokens.push_back(whole_.tokenIds.narrow(0, begin, length));
      positions.push_back(whole_.positionIds.narrow(0, begin, length));
      batch.offsets.push_back(batch.offsets.back() + length);
      sequences.push_back(sequence);
    }
    batch.tokenIds = at::cat(tokens);
    batch.positionIds = at::cat(positions);
    return model_->nextLogits(batch, cache_, sequences);
  }
  void expectAfter(const at::Tensor& logits, std::int64_t length) {
    // A recurrence that takes chunks at once, and scores that are not divided, leave more of fp32's rounding.
    const bool coarse = GetParam() == test::Family::Qwen35 || GetParam() == test::Family::Gemma4;
    EXPECT_LE(test::distance(logits, expected_[length - 1]), coarse ? 5e-5 : 5e-6) << "token " << length;
  }

  std::unique_ptr<Model> model_;
  Batch whole_;
  at::Tensor expected_;
  KeyValueCache cache_;
};

TEST_P(EveryDecoder, TheCacheChangesNothing) {
  // A whole prompt and then single tokens; pieces; single tokens from the start.
  for (const std::vector<std::int64_t>& pieces :
       {std::vector<std::int64_t>{20, 1, 1, 1, 1}, {3, 7, 1, 13}, std::vector<std::int64_t>(150, 1)}) {
    const auto sequence = cache_.add();
    for (const auto length : pieces) {
      const auto logits = next({{sequence, cache_.length(sequence), length}});
      expectAfter(logits[0], cache_.length(sequence));
    }
    EXPECT_EQ(cache_.length(sequence), std::accumulate(pieces.begin(), pieces.end(), std::int64_t{0}));
  }
}

TEST_P(EveryDecoder, SequencesOfAnyLengthShareAPass) {
  const auto a = cache_.add();
  const auto b = cache_.add();
  static_cast<void>(next({{a, 0, 3}, {b, 0, 37}}));
  // A first prompt, a single token and a piece at once.
  const auto c = cache_.add();
  const auto logits = next({{a, 3, 1}, {c, 0, 11}, {b, 37, 5}});
  expectAfter(logits[0], 4);
  expectAfter(logits[1], 11);
  expectAfter(logits[2], 42);
}

TEST_P(EveryDecoder, AForkGoesItsOwnWay) {
  const auto stem = cache_.add();
  static_cast<void>(next({{stem, 0, 20}}));
  const auto branch = cache_.fork(stem);
  // The branch reads other tokens; the stem's place in the block they shared is untouched.
  static_cast<void>(next({{branch, 60, 3}}));
  expectAfter(next({{stem, 20, 1}})[0], 21);
  EXPECT_EQ(cache_.length(branch), 23);
  const auto both = next({{stem, 21, 1}, {branch, 63, 1}});
  expectAfter(both[0], 22);
  EXPECT_GT(test::distance(both[1], both[0]), 1e-3);
}

TEST_P(EveryDecoder, ForksShareWhatTheyHaveInCommonAndDropsGiveItBack) {
  const auto stem = cache_.add();
  static_cast<void>(next({{stem, 0, 3 * kBlock + 1}}));
  EXPECT_EQ(cache_.blocksInUse(), 4);
  std::vector<Sequence> forks;
  for (int i = 0; i < 5; ++i) forks.push_back(cache_.fork(stem));
  EXPECT_EQ(cache_.blocksInUse(), 4);
  static_cast<void>(next({{forks[0], 60, 1}, {forks[1], 70, 1}}));
  EXPECT_EQ(cache_.blocksInUse(), 6) << "one block of its own for each that went on";
  cache_.drop(stem);
  EXPECT_EQ(cache_.blocksInUse(), 6);
  for (const auto fork : forks) cache_.drop(fork);
  EXPECT_EQ(cache_.blocksInUse(), 0);
}

INSTANTIATE_TEST_SUITE_P(Families, EveryDecoder,
                         testing::Values(test::Family::Gpt2, test::Family::Llama, test::Family::Lfm2,
                                         test::Family::Qwen35, test::Family::Gemma4),
                         [](const auto& test) { return std::string(test::familyName(test.param)); });

/// What other devices and types take, against attention over the whole sequence.
TEST(CachedAttention, LibTorchsOperationsGiveTheSame) {
  const AttentionShape shape{4, 2, 6, true};
  const auto options = at::TensorOptions(at::kDouble);
  const auto qkv = at::randn({70, (4 + 2 * 2) * 6}, options);
  RopeConfig rope;
  const auto table = Rotary(rope, 6, c10::DeviceType::CPU).table(at::arange(70), {0, 70});
  const at::NoGradGuard noGrad;
  const auto whole = attention(qkv.clone(), sequencesOf({0, 70}, at::kCPU), shape, &table, 0, {});

  KeyValueCache cache;
  const auto sequence = cache.add();
  for (const std::int64_t length : {40, 1, 7, 22}) {
    const auto begin = cache.length(sequence);
    cache.begin({sequence}, {0, length}, {{2, 6}}, options);
    const Rotary::Table own{table.cosine.narrow(0, begin, length), table.sine.narrow(0, begin, length)};
    const auto part = cachedAttention(qkv.narrow(0, begin, length).clone(), shape, &own, cache.parts(), cache.layer(0));
    cache.commit();
    EXPECT_LE(test::distance(part, whole.narrow(0, begin, length)), 1e-6) << begin;
  }
}

}  // namespace
}  // namespace rosa::model
