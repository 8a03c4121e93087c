// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/disentangled_attention.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <tuple>
#include <vector>

#include "engine/adapt/matrices.h"
#include "support/device_under_test.h"

/// Scores of relative positions and their hand-written backward against the formula, pair by pair, under autograd.
namespace rosa::model {
namespace {

const std::vector<std::int64_t> kTextOffsets = {0, 3, 4, 16};
constexpr AttentionShape kShape{.heads = 2, .keyValueHeads = 2, .headDim = 3, .causal = false, .ownScale = 0.4};

RelativeSpec specOf(std::int64_t buckets) {
  RelativeSpec spec;
  spec.buckets = buckets;
  spec.farthest = 9;
  spec.span = buckets > 0 ? buckets : spec.farthest;
  spec.contentToPosition = spec.positionToContent = true;
  return spec;
}

DropoutKey attentionKey() {
  DropoutKey key;
  key.seed = 11;
  key.place = DropoutPlace::Attention;
  return key;
}

/// `keys` and `queries` are the whole table's, one may be undefined.
at::Tensor textbook(const at::Tensor& qkv, const at::Tensor& keys, const at::Tensor& queries, const RelativeSpec& spec,
                    double dropout) {
  const auto width = kShape.heads * kShape.headDim;
  const auto rows = relativeRows(spec, 12, at::kCPU);
  const auto heads = [&](const at::Tensor& x) {
    return x.unflatten(1, {kShape.heads, kShape.headDim}).transpose(0, 1);
  };
  std::vector<at::Tensor> out;
  for (std::size_t i = 0; i + 1 < kTextOffsets.size(); ++i) {
    const auto length = kTextOffsets[i + 1] - kTextOffsets[i];
    const auto own = [&](std::int64_t from) {
      return heads(qkv.narrow(0, kTextOffsets[i], length).narrow(1, from, width));
    };
    const auto q = own(0), k = own(width), v = own(2 * width);
    std::vector<at::Tensor> scores;
    for (std::int64_t from = 0; from < length; ++from) {
      for (std::int64_t to = 0; to < length; ++to) {
        const auto row = rows.first + rows.ofPair[from][to].item<std::int64_t>();
        auto score = (q.select(1, from) * k.select(1, to)).sum(-1);
        if (keys.defined()) score = score + (q.select(1, from) * heads(keys).select(1, row)).sum(-1);
        if (queries.defined()) score = score + (k.select(1, to) * heads(queries).select(1, row)).sum(-1);
        scores.push_back(score * kShape.scale());
      }
    }
    auto probabilities = at::stack(scores, -1).view({kShape.heads, length, length}).softmax(-1);
    if (dropout > 0) {
      auto key = attentionKey();
      key.part = static_cast<std::int64_t>(i);
      probabilities = probabilities * dropoutFactors({1, kShape.heads, length, length}, dropout, key, at::kCPU)[0];
    }
    out.push_back(at::matmul(probabilities, v).transpose(0, 1).flatten(1));
  }
  return at::cat(out);
}

/// Buckets, which terms (1 keys, 2 queries, 3 both), dropout.
class Disentangled : public testing::TestWithParam<std::tuple<std::int64_t, int, double>> {};

TEST_P(Disentangled, EqualsTheFormulaWithItsGradients) {
  const auto [buckets, terms, dropout] = GetParam();
  const auto spec = specOf(buckets);
  const auto width = kShape.heads * kShape.headDim;
  const auto device = test::deviceUnderTest();
  const auto weights = test::randomMatrix(kTextOffsets.back(), width, 4);
  const auto sequences = sequencesOf(kTextOffsets, device);
  const auto rows = relativeRows(spec, 12, device);
  const auto gradientsOf = [&](c10::Device where, auto&& function) {
    const auto leaf = [&](std::int64_t height, std::int64_t wide, std::uint64_t seed) {
      return test::randomMatrix(height, wide, seed).to(where, false, true).requires_grad_(true);
    };
    const auto qkv = leaf(kTextOffsets.back(), 3 * width, 1);
    const auto keys = terms % 2 == 1 ? leaf(2 * spec.span, width, 2) : at::Tensor();
    const auto queries = terms >= 2 ? leaf(2 * spec.span, width, 3) : at::Tensor();
    const auto y = function(qkv, keys, queries);
    (y * weights.to(where)).sum().backward();
    std::vector made = {y.detach(), qkv.grad()};
    if (keys.defined()) made.push_back(keys.grad());
    if (queries.defined()) made.push_back(queries.grad());
    return made;
  };
  const auto used = [&](const at::Tensor& table) {
    return table.defined() ? table.narrow(0, rows.first, rows.count) : table;
  };
  const auto ours = gradientsOf(device, [&](const auto& qkv, const auto& keys, const auto& queries) {
    return disentangledAttention(qkv, used(keys), used(queries), rows, sequences, kShape, dropout, attentionKey());
  });
  const auto expected = gradientsOf(at::kCPU, [&](const auto& qkv, const auto& keys, const auto& queries) {
    return textbook(qkv, keys, queries, spec, dropout);
  });
  ASSERT_EQ(ours.size(), expected.size());
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_LE(test::distance(ours[i], expected[i]), 1e-5) << i;
}

INSTANTIATE_TEST_SUITE_P(Kinds, Disentangled,
                         testing::Combine(testing::Values(0, 4, 6), testing::Values(1, 2, 3),
                                          testing::Values(0.0, 0.3)));

/// All sequences at once is the form of devices; its tensors are there on the CPU too.
TEST(DisentangledAttention, ALongerBatchChangesNoSequence) {
  const auto spec = specOf(6);
  const auto width = kShape.heads * kShape.headDim;
  const auto qkv = test::randomMatrix(kTextOffsets.back(), 3 * width, 1);
  const auto keys = test::randomMatrix(2 * spec.span, width, 2);
  const auto at = [&](std::int64_t begin, std::int64_t length) {
    const auto rows = relativeRows(spec, length, at::kCPU);
    const auto used = keys.narrow(0, rows.first, rows.count);
    return disentangledAttention(qkv.narrow(0, begin, length), used, used, rows, sequencesOf({0, length}, at::kCPU),
                                 kShape, 0, {});
  };
  const auto rows = relativeRows(spec, 12, at::kCPU);
  const auto used = keys.narrow(0, rows.first, rows.count);
  const auto whole = disentangledAttention(qkv, used, used, rows, sequencesOf(kTextOffsets, at::kCPU), kShape, 0, {});
  EXPECT_LE(test::distance(whole.narrow(0, 0, 3), at(0, 3)), 1e-6);
  EXPECT_LE(test::distance(whole.narrow(0, 4, 12), at(4, 12)), 1e-6);
}

/// transformers 5.24, make_log_bucket_position(distance, 8, 40): beyond 4 the step grows.
TEST(RelativeRows, DistancesShareRowsByTheirLogarithm) {
  RelativeSpec spec;
  spec.buckets = 8;
  spec.farthest = 40;
  spec.span = 8;
  const auto rows = relativeRows(spec, 40, at::kCPU);
  std::vector<std::int64_t> ofDistance;
  for (std::int64_t distance = 0; distance < 40; ++distance) {
    ofDistance.push_back(rows.first + rows.ofPair[distance][0].item<std::int64_t>() - spec.span);
    EXPECT_EQ(rows.first + rows.ofPair[0][distance].item<std::int64_t>(), spec.span - ofDistance.back());
  }
  const std::vector<std::int64_t> expected = {0, 1, 2, 3, 4, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 7,
                                              7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
  EXPECT_EQ(ofDistance, expected);
}

}  // namespace
}  // namespace rosa::model
