// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/attention.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "engine/adapt/matrices.h"
#include "model/device_attention.h"
#include "support/device_under_test.h"

/// The flat attention and its hand-written backward against the textbook's formula under autograd.
namespace rosa::model {
namespace {

const std::vector<std::int64_t> kOffsets = {0, 3, 4, 9};

DropoutKey someKey() {
  DropoutKey key;
  key.seed = 11;
  key.step = 3;
  key.place = DropoutPlace::Attention;
  return key;
}

at::Tensor turned(const at::Tensor& x, const Rotary::Table& table) {
  const auto halves = x.chunk(2, 2);
  return at::cat({halves[0] * table.cosine - halves[1] * table.sine, halves[1] * table.cosine + halves[0] * table.sine},
                 2);
}

at::Tensor textbook(const at::Tensor& qkv, const AttentionShape& shape, const Rotary::Table* rotary, double dropout) {
  const auto parts = qkv.split_with_sizes(
      {shape.heads * shape.headDim, shape.keyValueHeads * shape.headDim, shape.keyValueHeads * shape.headDim}, 1);
  auto query = parts[0].unflatten(1, {shape.heads, shape.headDim});
  auto key = parts[1].unflatten(1, {shape.keyValueHeads, shape.headDim});
  if (rotary != nullptr) {
    query = turned(query, *rotary);
    key = turned(key, *rotary);
  }
  const auto groups = shape.heads / shape.keyValueHeads;
  key = key.repeat_interleave(groups, 1);
  const auto value = parts[2].unflatten(1, {shape.keyValueHeads, shape.headDim}).repeat_interleave(groups, 1);
  std::vector<at::Tensor> out;
  for (std::size_t i = 0; i + 1 < kOffsets.size(); ++i) {
    const auto length = kOffsets[i + 1] - kOffsets[i];
    const auto own = [&](const at::Tensor& x) { return x.narrow(0, kOffsets[i], length).transpose(0, 1); };
    auto scores = at::matmul(own(query), own(key).transpose(1, 2)) / std::sqrt(static_cast<double>(shape.headDim));
    if (shape.causal) scores = scores.masked_fill(at::ones({length, length}, at::kBool).triu(1), -INFINITY);
    auto probabilities = scores.softmax(-1);
    if (dropout > 0) {
      auto ofSequence = someKey();
      ofSequence.part = static_cast<std::int64_t>(i);
      probabilities =
          probabilities * dropoutFactors({1, shape.heads, length, length}, dropout, ofSequence, at::kCPU)[0];
    }
    out.push_back(at::matmul(probabilities, own(value)).transpose(0, 1).flatten(1));
  }
  return at::cat(out);
}

/// Key and value heads, causal, with rotary embeddings, dropout.
using Shape = std::tuple<std::int64_t, bool, bool, double>;
using Function = at::Tensor (*)(const at::Tensor&, const Sequences&, const AttentionShape&, const Rotary::Table*,
                                double, const DropoutKey&);

class Attention : public testing::TestWithParam<Shape> {};

void expectTextbook(Function attend, const Shape& parameters) {
  const auto [keyValueHeads, causal, rotates, dropout] = parameters;
  const AttentionShape shape{4, keyValueHeads, 6, causal};
  const auto width = (shape.heads + 2 * shape.keyValueHeads) * shape.headDim;
  const Rotary rotary({}, shape.headDim, at::kCPU);
  const auto table = rotary.table(at::tensor({0, 1, 2, 0, 4, 5, 6, 7, 8}, at::kLong), kOffsets);
  const auto input = test::randomMatrix(kOffsets.back(), width, 1);
  const auto weights = test::randomMatrix(kOffsets.back(), shape.heads * shape.headDim, 2);
  const auto device = test::deviceUnderTest();
  auto sequences = sequencesOf(kOffsets, device);
  sequences.placeOn(device);  // the padded form takes any device
  const Rotary::Table ownTable{table.cosine.to(device), table.sine.to(device)};

  const auto gradientOf = [&](c10::Device where, auto&& function) {
    auto leaf = input.to(where, /*non_blocking=*/false, /*copy=*/true).requires_grad_(true);
    const auto y = function(leaf.clone());
    (y * weights.to(where)).sum().backward();
    return std::pair(y.detach(), leaf.grad());
  };
  const auto [y, dx] = gradientOf(device, [&](const at::Tensor& x) {
    return attend(x, sequences, shape, rotates ? &ownTable : nullptr, dropout, someKey());
  });
  const auto [expectedY, expectedDx] = gradientOf(
      at::kCPU, [&](const at::Tensor& x) { return textbook(x, shape, rotates ? &table : nullptr, dropout); });
  EXPECT_LE(test::distance(y, expectedY), 2e-6);
  EXPECT_LE(test::distance(dx, expectedDx), 1e-5);
}

TEST_P(Attention, EqualsTheTextbookWithItsGradient) {
  expectTextbook(attention, GetParam());
}

TEST_P(Attention, PaddedEqualsTheTextbookToo) {
  expectTextbook(paddedAttention, GetParam());
}

std::string shapeName(const testing::TestParamInfo<Attention::ParamType>& info) {
  const auto& [keyValueHeads, causal, rotates, dropout] = info.param;
  return std::to_string(keyValueHeads) + (causal ? "causal" : "both") + (rotates ? "rotary" : "") +
         (dropout > 0 ? "dropout" : "");
}

INSTANTIATE_TEST_SUITE_P(Shapes, Attention,
                         testing::Combine(testing::Values(4, 2, 1), testing::Bool(), testing::Bool(),
                                          testing::Values(0.0, 0.3)),
                         shapeName);

/// A long sequence beside a short one; its windows cut through tiles.
TEST(LongAttention, EqualsTheFormulaWithItsGradient) {
  struct Case {
    std::int64_t heads, keyValueHeads;
    bool causal;
    std::int64_t window;
  };
  constexpr std::int64_t kLong = 301, kTokens = 310, kHeadDim = 12;
  for (const auto& [heads, keyValueHeads, causal, window] :
       {Case{4, 4, true, 0}, Case{6, 2, true, 0}, Case{4, 1, true, 70}, Case{4, 2, true, 1}, Case{4, 2, false, 0},
        Case{4, 4, false, 90}}) {
    AttentionShape shape{heads, keyValueHeads, kHeadDim, causal};
    shape.window = window;
    const auto width = (heads + 2 * keyValueHeads) * kHeadDim;
    const auto input = test::randomMatrix(kTokens, width, 5).mul_(2);
    const auto weights = test::randomMatrix(kTokens, heads * kHeadDim, 6);
    const auto sequences = sequencesOf({0, kLong, kTokens}, at::kCPU);
    auto leaf = input.clone().requires_grad_();
    const auto y = attention(leaf.clone(), sequences, shape, nullptr, 0, someKey());
    (y * weights).sum().backward();

    auto wide = input.to(at::kDouble).requires_grad_();
    std::vector<at::Tensor> parts;
    for (const auto& [begin, length] : {std::pair<std::int64_t, std::int64_t>{0, kLong}, {kLong, kTokens - kLong}}) {
      const auto own = wide.narrow(0, begin, length);
      const auto head = [&](std::int64_t from, std::int64_t count) {
        return own.narrow(1, from * kHeadDim, count * kHeadDim).unflatten(1, {count, kHeadDim}).transpose(0, 1);
      };
      const auto groups = heads / keyValueHeads;
      const auto key = head(heads, keyValueHeads).repeat_interleave(groups, 0);
      const auto value = head(heads + keyValueHeads, keyValueHeads).repeat_interleave(groups, 0);
      const auto ahead = at::arange(length).unsqueeze(0) - at::arange(length).unsqueeze(1);
      auto hidden = causal ? ahead > 0 : at::zeros_like(ahead, at::kBool);
      if (window > 0) hidden = hidden.logical_or(causal ? ahead <= -window : ahead.abs() > window / 2);
      const auto scores = at::matmul(head(0, heads), key.transpose(1, 2)) * shape.scale();
      const auto probabilities = scores.masked_fill(hidden, -INFINITY).softmax(-1);
      parts.push_back(at::matmul(probabilities, value).transpose(0, 1).flatten(1));
    }
    const auto expected = at::cat(parts);
    (expected * weights.to(at::kDouble)).sum().backward();
    EXPECT_LE(test::distance(y.detach(), expected.detach()), 5e-6) << heads << keyValueHeads << causal << window;
    EXPECT_LE(test::distance(leaf.grad(), wide.grad()), 3e-5) << heads << keyValueHeads << causal << window;
  }
}

TEST(Rotary, TurnsBackToWhereItWas) {
  const Rotary rotary({}, 8, at::kCPU);
  const auto table = rotary.table(at::tensor({0, 3, 500}, at::kLong), {0, 3});
  const auto x = test::randomMatrix(3, 16, 4).unflatten(1, {2, 8});
  auto moved = x.clone();
  Rotary::turn(moved, table, false);
  EXPECT_TRUE(at::equal(moved[0], x[0])) << "position 0 is no turn";
  EXPECT_GT(test::distance(moved[2], x[2]), 0.1);
  Rotary::turn(moved, table, true);
  EXPECT_LE(test::distance(moved, x), 1e-6);
}

TEST(Rotary, LinearScalingStretchesPositions) {
  RopeConfig linear;
  linear.type = RopeConfig::Type::Linear;
  linear.factor = 4;
  const auto stretched = Rotary(linear, 8, at::kCPU).table(at::tensor({8, 40}, at::kLong), {0, 2});
  const auto plain = Rotary({}, 8, at::kCPU).table(at::tensor({2, 10}, at::kLong), {0, 2});
  EXPECT_LE(test::distance(stretched.sine, plain.sine), 1e-6);
}

}  // namespace
}  // namespace rosa::model
