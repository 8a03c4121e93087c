// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/delta_rule.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "engine/adapt/matrices.h"

/// In fp64, so that only a wrong formula differs. Reference numbers of whole layers are compared in model_golden_test.
namespace rosa::model {
namespace {

using Lengths = std::vector<std::int64_t>;

constexpr std::int64_t kKeySize = 3, kValueSize = 5;

struct Heads {
  std::int64_t keys, values;
};

at::Tensor random(std::vector<std::int64_t> shape, std::uint64_t seed) {
  const auto count = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies());
  return test::randomMatrix(1, count, seed).to(at::kDouble).view(shape);
}

DeltaInput randomInput(std::int64_t tokens, Heads heads) {
  DeltaInput input;
  input.query = random({tokens, heads.keys, kKeySize}, 1);
  input.key = random({tokens, heads.keys, kKeySize}, 2);
  input.value = random({tokens, heads.values, kValueSize}, 3);
  input.decay = -at::softplus(random({tokens, heads.values}, 4) * 2) * 0.3;
  input.beta = at::sigmoid(random({tokens, heads.values}, 5) * 2);
  return input;
}

std::vector<at::Tensor> listOf(const DeltaInput& input) {
  return {input.query, input.key, input.value, input.decay, input.beta};
}

DeltaInput inputOf(const std::vector<at::Tensor>& list) {
  return {list[0], list[1], list[2], list[3], list[4]};
}

DeltaInput part(const DeltaInput& input, std::int64_t begin, std::int64_t length) {
  auto list = listOf(input);
  for (auto& tensor : list) tensor = tensor.narrow(0, begin, length);
  return inputOf(list);
}

std::vector<std::int64_t> offsetsOf(const Lengths& lengths) {
  std::vector<std::int64_t> offsets = {0};
  for (const auto length : lengths) offsets.push_back(offsets.back() + length);
  return offsets;
}

/// Token by token, as the rule is defined.
at::Tensor recurrence(const DeltaInput& input) {
  const auto groups = input.value.size(1) / input.key.size(1);
  const auto unit = [&](const at::Tensor& x) {
    return (x / (x.square().sum(-1, true) + 1e-6).sqrt()).repeat_interleave(groups, 1);
  };
  const auto query = unit(input.query) / std::sqrt(static_cast<double>(kKeySize));
  const auto key = unit(input.key);
  auto memory = at::zeros({input.value.size(1), kKeySize, kValueSize}, input.value.options());
  std::vector<at::Tensor> results;
  for (std::int64_t t = 0; t < input.value.size(0); ++t) {
    memory = memory * input.decay[t].exp().view({-1, 1, 1});
    const auto known = at::matmul(key[t].unsqueeze(1), memory).squeeze(1);
    const auto write = (input.value[t] - known) * input.beta[t].unsqueeze(-1);
    memory = memory + key[t].unsqueeze(2) * write.unsqueeze(1);
    results.push_back(at::matmul(query[t].unsqueeze(1), memory).squeeze(1));
  }
  return at::stack(results);
}

at::Tensor recurrences(const DeltaInput& input, const Lengths& lengths) {
  const auto offsets = offsetsOf(lengths);
  std::vector<at::Tensor> all;
  for (std::size_t i = 0; i < lengths.size(); ++i) all.push_back(recurrence(part(input, offsets[i], lengths[i])));
  return at::cat(all);
}

class DeltaRule : public testing::TestWithParam<Lengths> {};

TEST_P(DeltaRule, IsTheRecurrenceOfEachSequenceWithItsGradients) {
  const auto& lengths = GetParam();
  const auto offsets = offsetsOf(lengths);
  for (const Heads heads : {Heads{2, 2}, Heads{2, 6}}) {
    auto leaves = listOf(randomInput(offsets.back(), heads));
    for (auto& leaf : leaves) leaf = leaf.detach().requires_grad_(true);
    const auto factors = random({offsets.back(), heads.values, kValueSize}, 9);
    const auto gradientsOf = [&](const at::Tensor& y) {
      for (const auto& leaf : leaves) leaf.mutable_grad() = at::Tensor();
      (y * factors).sum().backward();
      std::vector all = {y.detach()};
      for (const auto& leaf : leaves) all.push_back(leaf.grad());
      return all;
    };
    const auto expected = gradientsOf(recurrences(inputOf(leaves), lengths));
    const auto ours = gradientsOf(gatedDeltaRule(inputOf(leaves), deltaChunks(offsets, at::kCPU)));
    const char* names[] = {"result", "query", "key", "value", "decay", "beta"};
    for (std::size_t i = 0; i < ours.size(); ++i) {
      EXPECT_LE(test::distance(ours[i], expected[i]), 1e-10 * (1 + test::largest(expected[i]))) << names[i];
    }
  }
}

/// What generation does: each text in pieces, several texts a pass, one of them new.
TEST_P(DeltaRule, GoesOnFromItsMemories) {
  const at::NoGradGuard noGrad;
  const auto& lengths = GetParam();
  const auto offsets = offsetsOf(lengths);
  const auto input = randomInput(offsets.back(), {2, 4});
  const auto expected = recurrences(input, lengths);
  std::vector<at::Tensor> memories(lengths.size());
  Lengths done(lengths.size(), 0);
  for (const std::int64_t most : {1, 70, 1, 3, 1000}) {
    std::vector<std::size_t> going;
    std::vector<std::vector<at::Tensor>> pieces(5);
    Lengths added;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      const auto count = std::min(most + static_cast<std::int64_t>(i % 2), lengths[i] - done[i]);
      if (count == 0) continue;
      going.push_back(i);
      added.push_back(count);
      const auto own = listOf(part(input, offsets[i] + done[i], count));
      for (std::size_t k = 0; k < own.size(); ++k) pieces[k].push_back(own[k]);
    }
    if (going.empty()) break;
    std::vector<at::Tensor> batch, states, before;
    for (const auto& piece : pieces) batch.push_back(at::cat(piece));
    for (const auto i : going) {
      states.push_back(memories[i]);
      before.push_back(memories[i].defined() ? memories[i].clone() : at::Tensor());
    }
    const auto own = offsetsOf(added);
    const auto y = gatedDeltaRule(inputOf(batch), deltaChunks(own, at::kCPU), states);
    for (std::size_t j = 0; j < going.size(); ++j) {
      const auto i = going[j];
      EXPECT_TRUE(!before[j].defined() || at::equal(memories[i], before[j])) << "a fork's memory was written to";
      memories[i] = states[j];
      EXPECT_LE(test::distance(y.narrow(0, own[j], added[j]), expected.narrow(0, offsets[i] + done[i], added[j])),
                1e-10)
          << "sequence " << i << " from " << done[i];
      done[i] += added[j];
    }
  }
  EXPECT_EQ(done, lengths);
}

INSTANTIATE_TEST_SUITE_P(Lengths, DeltaRule,
                         testing::Values(Lengths{1}, Lengths{5}, Lengths{64}, Lengths{65}, Lengths{200},
                                         Lengths{3, 1, 130, 64, 129, 63}, Lengths{2, 2, 7}));

TEST(DeltaChunks, PutFirstChunksFirstAndLongSequencesInFront) {
  const auto chunks = deltaChunks({0, 10, 160, 230}, at::kCPU);  // 10, 150 and 70 tokens
  EXPECT_EQ(chunks.size, 64);
  EXPECT_EQ(chunks.order, (std::vector<std::size_t>{1, 2, 0}));
  EXPECT_EQ(chunks.rounds, (std::vector<std::int64_t>{3, 2, 1}));
  EXPECT_EQ(chunks.count(), 6);
  const auto place = [&](std::int64_t token) { return chunks.places[token].item<std::int64_t>(); };
  EXPECT_EQ(place(0), 2 * 64) << "the first text's chunk is the third";
  EXPECT_EQ(place(10), 0);
  EXPECT_EQ(place(10 + 64), 3 * 64);
  EXPECT_EQ(place(10 + 128 + 21), 5 * 64 + 21);
  EXPECT_EQ(place(160 + 69), 4 * 64 + 5);
  EXPECT_EQ(deltaChunks({0, 3, 10}, at::kCPU).size, 7) << "no larger than the longest text";
}

TEST(DeltaRuleInFp32, AZeroKeyWritesNothingAndGivesNoNan) {
  auto input = randomInput(70, {1, 1});
  auto leaves = listOf(input);
  for (auto& leaf : leaves) leaf = leaf.to(at::kFloat);
  leaves[0].zero_();
  leaves[1].zero_();
  leaves[3].fill_(-80);  // exp underflows
  for (auto& leaf : leaves) leaf.requires_grad_(true);
  const auto y = gatedDeltaRule(inputOf(leaves), deltaChunks({0, 70}, at::kCPU));
  EXPECT_EQ(test::largest(y.detach()), 0);
  y.sum().backward();
  for (const auto& leaf : leaves) EXPECT_TRUE(leaf.grad().isfinite().all().item<bool>());
}

}  // namespace
}  // namespace rosa::model
