// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/virtual_tokens.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/model/tiny_models.h"
#include "model/key_value_cache.h"

namespace rosa::model {
namespace {

constexpr std::int64_t kCount = 5;

struct Case {
  test::Family family;
  VirtualKind kind;
};

void PrintTo(const Case& given, std::ostream* out) {
  *out << familyName(given.family) << (given.kind == VirtualKind::Prompt ? " prompt" : " prefix");
}

/// A tiny model with virtual tokens of some size, and ways to look at what it computes.
class VirtualTokensTest : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    model_ = test::tinyModel(test::tinyConfig(GetParam().family));
    parameter_ = &model_->prepend(GetParam().kind, kCount, 7);
    setValues(test::randomMatrix(kCount, parameter_->value.size(1), 3, 0.5));
  }
  void setValues(const at::Tensor& values) {
    const at::NoGradGuard noGrad;
    parameter_->value.copy_(values);
  }
  [[nodiscard]] const ModelConfig& config() const { return model_->config(); }

  /// The i-th sequence of a batch as a batch of its own.
  static Batch alone(const Batch& batch, std::size_t i) {
    const auto begin = batch.offsets[i];
    const auto length = batch.offsets[i + 1] - begin;
    Batch one;
    one.tokenIds = batch.tokenIds.narrow(0, begin, length);
    one.positionIds = batch.positionIds.narrow(0, begin, length);
    one.offsets = {0, length};
    return one;
  }

  std::unique_ptr<Model> model_;
  adapt::Parameter* parameter_ = nullptr;
};

TEST_P(VirtualTokensTest, TakePositionsAndTheLayoutOfPeft) {
  EXPECT_EQ(config().longestSequence(), config().positions - config().firstPosition - kCount);
  // Gemma 4: two layers with own keys, of 4 and 8 numbers a head.
  const auto prefix = GetParam().family == test::Family::Gemma4
                          ? 2 * config().keyValueHeads * (4 + 8)
                          : config().layers * 2 * config().keyValueHeads * config().headDim;
  const auto width = GetParam().kind == VirtualKind::Prompt ? config().width : prefix;
  EXPECT_EQ(parameter_->value.sizes().vec(), (std::vector<std::int64_t>{kCount, width}));
  EXPECT_EQ(virtualShape(GetParam().kind, kCount, config()), parameter_->value.sizes().vec());
  auto again = test::tinyModel(test::tinyConfig(GetParam().family));
  const auto start = again->prepend(GetParam().kind, kCount, 7).value.detach();
  EXPECT_NEAR(start.std().item<double>(), 0.02, 0.01);
  auto other = test::tinyModel(test::tinyConfig(GetParam().family));
  EXPECT_FALSE(at::equal(other->prepend(GetParam().kind, kCount, 8).value.detach(), start));
}

TEST_P(VirtualTokensTest, UnequalSequencesAreComputedAsEachAlone) {
  const auto batch = test::tinyBatch(config(), {7, 1, 12});
  const auto together = model_->logits(batch);
  std::vector<at::Tensor> each;
  for (std::size_t i = 0; i < 3; ++i) each.push_back(model_->logits(alone(batch, i)));
  EXPECT_LT(test::distance(together, at::cat(each)), 2e-5);
}

TEST_P(VirtualTokensTest, ChangeWhatTheModelSays) {
  const auto batch = test::tinyBatch(config(), {7, 3});
  const auto before = model_->logits(batch);
  setValues(-parameter_->value.detach());
  EXPECT_GT(test::distance(model_->logits(batch), before), 1e-3);
}

/// Along a random direction, in fp32: the loss is even enough for that on a model of this size.
TEST_P(VirtualTokensTest, TheGradientIsThatOfFiniteDifferences) {
  const auto batch = test::tinyBatch(config(), {7, 2, 9});
  const auto divisor = 3.0;
  const auto values = parameter_->value.detach().clone();
  parameter_->value.mutable_grad() = at::zeros_like(values);
  model_->loss(batch, {}, divisor).backward();
  const auto gradient = parameter_->value.grad().clone();
  ASSERT_GT(gradient.norm().item<double>(), 1e-3);
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto direction = test::randomMatrix(values.size(0), values.size(1), seed);
    // Where the loss is steep it bends soon too.
    const double step = gradient.norm().item<double>() > 5 ? 1e-4 : 2e-3;
    const auto lossAt = [&](double distance) {
      setValues(values + distance * direction);
      const at::NoGradGuard noGrad;
      return model_->loss(batch, {}, divisor).item<double>();
    };
    const double expected = (lossAt(step) - lossAt(-step)) / (2 * step);
    EXPECT_NEAR((gradient * direction).sum().item<double>(), expected, 0.02 * gradient.norm().item<double>()) << seed;
  }
}

class VirtualTokensWithDropout : public VirtualTokensTest {};

TEST_P(VirtualTokensWithDropout, TheSameDropoutGivesTheSameLoss) {
  auto dropping = test::tinyModel(test::tinyConfig(GetParam().family, 0.3));
  dropping->prepend(GetParam().kind, kCount, 7);
  const auto batch = test::tinyBatch(config(), {7, 2});
  Pass pass;
  pass.training = true;
  const auto loss = [&] {
    const at::NoGradGuard noGrad;
    return dropping->loss(batch, pass, 1).item<double>();
  };
  const double first = loss();
  EXPECT_EQ(loss(), first);
  pass.step = 1;
  EXPECT_NE(loss(), first);
}

constexpr Case kAll[] = {{test::Family::Gpt2, VirtualKind::Prompt},    {test::Family::Gpt2, VirtualKind::Prefix},
                         {test::Family::Llama, VirtualKind::Prompt},   {test::Family::Llama, VirtualKind::Prefix},
                         {test::Family::Bert, VirtualKind::Prompt},    {test::Family::Bert, VirtualKind::Prefix},
                         {test::Family::Roberta, VirtualKind::Prompt}, {test::Family::Roberta, VirtualKind::Prefix}};
/// Models whose layers keep states, and which have no prefix.
constexpr Case kStates[] = {{test::Family::Lfm2, VirtualKind::Prompt}, {test::Family::Qwen35, VirtualKind::Prompt}};
constexpr Case kShared[] = {{test::Family::Gemma4, VirtualKind::Prefix}, {test::Family::Gemma4, VirtualKind::Prompt}};
INSTANTIATE_TEST_SUITE_P(Models, VirtualTokensTest, testing::ValuesIn(kAll));
INSTANTIATE_TEST_SUITE_P(SharedKeys, VirtualTokensTest, testing::ValuesIn(kShared));
INSTANTIATE_TEST_SUITE_P(States, VirtualTokensTest, testing::ValuesIn(kStates));
INSTANTIATE_TEST_SUITE_P(Models, VirtualTokensWithDropout, testing::ValuesIn(kAll));

/// What only decoders do: continue a text.
class VirtualTokensOfDecoders : public VirtualTokensTest {
 protected:
  static Batch piece(const Batch& whole, std::int64_t begin, std::int64_t length) {
    Batch batch;
    batch.tokenIds = whole.tokenIds.narrow(0, begin, length);
    batch.positionIds = whole.positionIds.narrow(0, begin, length);
    batch.offsets = {0, length};
    return batch;
  }
  /// The same tokens at positions counted on from a cache's length.
  static Batch countedFrom(Batch batch, std::int64_t position) {
    batch.positionIds = at::arange(position, position + batch.tokenIds.size(0));
    return batch;
  }
};

/// Vectors that are those of real tokens do what the tokens would have done.
TEST_P(VirtualTokensOfDecoders, StandInForRealTokens) {
  const bool hasLayerInputs = GetParam().family == test::Family::Gemma4;
  if (hasLayerInputs && GetParam().kind == VirtualKind::Prompt) return;  // of which a vector of the prompt has none
  auto plain = test::tinyModel(test::tinyConfig(GetParam().family));
  const auto whole = test::tinyBatch(config(), {kCount + 9});
  const auto expected = plain->logits(whole).narrow(0, kCount, 9);
  if (GetParam().kind == VirtualKind::Prompt) {
    const auto* name = GetParam().family == test::Family::Gpt2 ? "transformer.wte.weight" : "model.embed_tokens.weight";
    setValues(test::stored(*plain, name).index_select(0, whole.tokenIds.narrow(0, 0, kCount)));
  } else {
    KeyValueCache cache;
    static_cast<void>(plain->nextLogits(piece(whole, 0, kCount), cache, {cache.add()}));
    std::vector<at::Tensor> columns;
    for (std::int64_t layer = 0; layer < config().layers; ++layer) {
      const auto& of = cache.layer(static_cast<std::size_t>(layer));
      if (!of.keys.defined()) continue;                // it uses another layer's
      for (const auto& pool : {of.keys, of.values}) {  // [blocks, heads, tokens, headDim]
        columns.push_back(pool[0].narrow(1, 0, kCount).transpose(0, 1).flatten(1));
      }
    }
    setValues(at::cat(columns, 1));
  }
  const auto rest = countedFrom(piece(whole, kCount, 9), 0);
  EXPECT_LT(test::distance(model_->logits(rest), expected), 2e-5);
}

TEST_P(VirtualTokensOfDecoders, TheCacheChangesNothing) {
  const auto whole = test::tinyBatch(config(), {16});
  const auto expected = model_->logits(whole);
  for (const std::vector<std::int64_t>& pieces :
       {std::vector<std::int64_t>{9, 1, 1, 1}, {1, 7, 1, 3}, std::vector<std::int64_t>(16, 1)}) {
    KeyValueCache cache;
    const auto sequence = cache.add();
    std::int64_t read = 0;
    for (const auto length : pieces) {
      const auto batch = countedFrom(piece(whole, read, length), cache.length(sequence));
      const auto logits = model_->nextLogits(batch, cache, {sequence});
      read += length;
      EXPECT_LT(test::distance(logits[0], expected[read - 1]), GetParam().family == test::Family::Gemma4 ? 5e-5 : 1e-5)
          << read;
      EXPECT_EQ(cache.length(sequence), kCount + read);
    }
  }
}

TEST_P(VirtualTokensOfDecoders, OneBeginsWhileAnotherGoesOn) {
  const auto whole = test::tinyBatch(config(), {16});
  const auto expected = model_->logits(whole);
  KeyValueCache cache;
  const auto first = cache.add();
  static_cast<void>(model_->nextLogits(countedFrom(piece(whole, 0, 6), 0), cache, {first}));
  const auto second = cache.add();
  Batch both;
  both.tokenIds = at::cat({whole.tokenIds.narrow(0, 6, 2), whole.tokenIds.narrow(0, 0, 3)});
  both.positionIds = at::cat({at::arange(6 + kCount, 8 + kCount), at::arange(0, 3)});
  both.offsets = {0, 2, 5};
  const auto logits = model_->nextLogits(both, cache, {first, second});
  EXPECT_LT(test::distance(logits[0], expected[7]), 1e-5);
  EXPECT_LT(test::distance(logits[1], expected[2]), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(States, VirtualTokensOfDecoders, testing::ValuesIn(kStates));
INSTANTIATE_TEST_SUITE_P(Models, VirtualTokensOfDecoders, testing::ValuesIn(std::begin(kAll), std::begin(kAll) + 4));
INSTANTIATE_TEST_SUITE_P(SharedKeys, VirtualTokensOfDecoders, testing::ValuesIn(kShared));

}  // namespace
}  // namespace rosa::model
