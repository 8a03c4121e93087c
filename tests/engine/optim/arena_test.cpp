// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/arena.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "engine/adapt/matrices.h"
#include "engine/adapt/memory_source.h"
#include "optim/optimizer.h"

namespace rosa::optim {
namespace {

using adapt::Parameter;
using adapt::ParameterList;
using adapt::Segment;

/// Parameters of every kind, as a run has them.
struct Zoo {
  std::vector<std::unique_ptr<Parameter>> owned;

  Parameter* add(const std::string& name, const at::Tensor& value, Segment segment, bool decays = true) {
    auto parameter = std::make_unique<Parameter>();
    parameter->name = name;
    parameter->value = value;
    parameter->segment = segment;
    parameter->decays = decays;
    parameter->autogradLeaf = value.requires_grad();
    owned.push_back(std::move(parameter));
    return owned.back().get();
  }
  ParameterList list() const {
    ParameterList all;
    for (const auto& parameter : owned) all.push_back(parameter.get());
    return all;
  }
};

Zoo makeZoo() {
  Zoo zoo;
  zoo.add("norm", test::randomMatrix(1, 7, 1).flatten().requires_grad_(true), Segment::Norm, false);
  zoo.add("0:A", test::randomMatrix(5, 3, 2), Segment::Adapter);
  zoo.add("dense", test::transposedLayout(test::randomMatrix(6, 4, 3)), Segment::Dense);
  zoo.add("0:B", test::randomMatrix(3, 9, 4), Segment::Adapter);
  zoo.add("bias", test::randomMatrix(1, 9, 5).flatten(), Segment::Bias, false);
  zoo.add("1:A", test::randomMatrix(5, 3, 6), Segment::Adapter);
  return zoo;
}

void fillGradients(const ParameterList& parameters, std::uint64_t seed) {
  for (auto* parameter : parameters) {
    parameter->gradient.copy_(
        test::randomMatrix(parameter->value.numel(), 1, seed++).reshape(parameter->value.sizes()));
  }
}

TEST(Arena, MovesAdaptersIntoOneBufferAndKeepsTheirNumbers) {
  auto zoo = makeZoo();
  std::map<std::string, at::Tensor> before;
  for (auto* parameter : zoo.list()) before[parameter->name] = parameter->value.detach().clone();
  const auto dense = zoo.list()[2]->value;
  Arena arena(zoo.list(), 2);
  for (auto* parameter : zoo.list()) {
    EXPECT_TRUE(at::equal(parameter->value, before[parameter->name])) << parameter->name;
    EXPECT_EQ(parameter->gradient.sizes(), parameter->value.sizes());
    EXPECT_EQ(parameter->gradient.strides(), parameter->value.strides()) << parameter->name;
  }
  EXPECT_TRUE(zoo.list()[1]->value.is_alias_of(zoo.list()[3]->value));
  EXPECT_TRUE(zoo.list()[2]->value.is_alias_of(dense)) << "a model's own weight must stay where it is";
}

TEST(Arena, NeighbouringAdaptersAreOneStretch) {
  auto zoo = makeZoo();
  Arena arena(zoo.list(), 2);
  EXPECT_EQ(arena.stretches().size(), 4u);  // adapters, dense, bias, norm
}

TEST(Arena, AutogradAddsIntoTheArena) {
  auto zoo = makeZoo();
  Arena arena(zoo.list(), 0);
  auto* norm = zoo.list()[0];
  const auto x = test::randomMatrix(1, 7, 30).flatten();
  for (int i = 0; i < 2; ++i) (norm->value * x).sum().backward();
  EXPECT_LT(test::distance(norm->gradient, 2 * x), 1e-6);
  EXPECT_NEAR(arena.gradientNorm(), 2 * x.norm().item<double>(), 1e-5);
  arena.zeroGradients();
  EXPECT_EQ(arena.gradientNorm(), 0);
  (norm->value * x).sum().backward();
  EXPECT_LT(test::distance(norm->gradient, x), 1e-6);
}

TEST(Arena, NormCountsEveryGradientOnce) {
  auto zoo = makeZoo();
  Arena arena(zoo.list(), 0);
  fillGradients(zoo.list(), 50);
  double sum = 0;
  for (auto* parameter : zoo.list()) sum += parameter->gradient.to(at::kDouble).square().sum().item<double>();
  EXPECT_NEAR(arena.gradientNorm(), std::sqrt(sum), 1e-12);
  arena.scaleGradients(0.5);
  EXPECT_NEAR(arena.gradientNorm(), 0.5 * std::sqrt(sum), 1e-6);
}

TEST(Arena, NormIsTheSameOnAnyNumberOfThreadsAndTellsNonFinite) {
  Zoo zoo;
  auto* dense = zoo.add("dense", test::randomMatrix(700, 900, 1), Segment::Dense);
  Arena arena(zoo.list(), 0);
  fillGradients(zoo.list(), 3);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const double one = arena.gradientNorm();
  at::set_num_threads(3);
  EXPECT_EQ(arena.gradientNorm(), one);
  at::set_num_threads(threads);
  EXPECT_NEAR(one, dense->gradient.to(at::kDouble).norm().item<double>(), 1e-9 * one);

  dense->gradient.fill_(std::numeric_limits<float>::max());
  EXPECT_TRUE(std::isfinite(arena.gradientNorm()));
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    dense->gradient.zero_()[699][899] = bad;
    EXPECT_FALSE(std::isfinite(arena.gradientNorm()));
  }
}

TEST(Arena, ClearsTheMomentsAndStepsOfTheNamedParametersAlone) {
  auto zoo = makeZoo();
  Arena arena(zoo.list(), 2);
  const auto stateOf = [&](const std::string& name) {
    for (const auto& [key, tensor] : arena.state()) {
      if (key == name) return tensor;
    }
    ADD_FAILURE() << name;
    return at::Tensor();
  };
  for (int i = 0; i < 3; ++i) arena.countStep();
  for (auto& stretch : arena.stretches()) {
    for (auto& moment : stretch.moments) moment.fill_(2);
  }
  arena.clearMoments({zoo.list()[1], zoo.list()[3]});  // layer 0
  for (const std::string name : {"0:A", "0:B"}) {
    EXPECT_EQ(stateOf(name + ".steps").item<std::int64_t>(), 0);
    EXPECT_EQ(test::largest(stateOf(name + ".moment1")), 0);
    EXPECT_EQ(test::largest(stateOf(name + ".moment2")), 0);
  }
  for (const std::string name : {"1:A", "dense", "bias", "norm"}) {
    EXPECT_EQ(stateOf(name + ".steps").item<std::int64_t>(), 3);
    EXPECT_EQ(test::largest(stateOf(name + ".moment1") - 2), 0);
    EXPECT_EQ(test::largest(stateOf(name + ".moment2") - 2), 0);
  }
  EXPECT_EQ(arena.stretches().size(), 5u);  // the adapters now differ in their step counts

  arena.clearMoments();
  EXPECT_EQ(stateOf("norm.steps").item<std::int64_t>(), 0);
  EXPECT_EQ(test::largest(stateOf("dense.moment1")), 0);
}

TEST(Arena, StateComesBackAsItWas) {
  auto zoo = makeZoo();
  Arena arena(zoo.list(), 2);
  arena.countStep();
  arena.countStep();
  arena.clearMoments({zoo.list()[5]});
  arena.countStep();
  std::uint64_t seed = 80;
  for (auto& stretch : arena.stretches()) {
    for (auto& moment : stretch.moments) moment.copy_(test::randomMatrix(moment.numel(), 1, seed++).flatten());
  }
  test::MemorySource stored;
  for (const auto& [name, tensor] : arena.state()) stored.tensors["optimizer." + name] = tensor.clone();
  EXPECT_TRUE(stored.tensors.contains("optimizer.0:A.value"));
  EXPECT_FALSE(stored.tensors.contains("optimizer.dense.value")) << "the model stores its own weights";

  auto fresh = makeZoo();
  for (auto* parameter : fresh.list()) parameter->value.detach().zero_();
  Arena resumed(fresh.list(), 2);
  ASSERT_TRUE(resumed.restore(stored, "optimizer.").hasValue());
  const auto before = arena.state();
  const auto after = resumed.state();
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].first, after[i].first);
    EXPECT_TRUE(at::equal(before[i].second, after[i].second)) << before[i].first;
  }
  ASSERT_EQ(arena.stretches().size(), resumed.stretches().size());
  for (std::size_t i = 0; i < arena.stretches().size(); ++i) {
    EXPECT_TRUE(at::equal(arena.stretches()[i].steps, resumed.stretches()[i].steps));
  }

  stored.tensors.erase("optimizer.bias.moment2");
  EXPECT_FALSE(resumed.restore(stored, "optimizer.").hasValue());
}

/// Two moments for vectors, one for the dense matrix, a byte a number for adapters.
StateLayout mixedState(const Parameter& parameter) {
  if (parameter.segment == Segment::Adapter) return {0, {{"codes", at::kByte, {parameter.value.numel()}}}};
  return {parameter.value.dim() == 1 ? 2 : 1, {}};
}

TEST(Arena, HoldsStateOfManyForms) {
  auto zoo = makeZoo();
  Arena arena(zoo.list(), mixedState);
  EXPECT_EQ(arena.stretches().size(), 3u) << "norm, bias, dense; adapters are in none";
  for (auto& stretch : arena.stretches()) {
    for (auto& moment : stretch.moments) {
      EXPECT_EQ(moment.numel(), stretch.value.numel());
      moment.fill_(2);
    }
  }
  arena.countStep();
  for (auto& state : arena.states()) {
    EXPECT_EQ(state.steps, 1);
    const bool adapter = state.parameter->segment == Segment::Adapter;
    ASSERT_EQ(state.extras.size(), adapter ? 1u : 0u) << state.parameter->name;
    ASSERT_EQ(state.moments.size(), adapter ? 0u : state.parameter->value.dim() == 1 ? 2u : 1u);
    for (auto& moment : state.moments) EXPECT_EQ(test::largest(moment - 2), 0) << "a stretch and its parameter differ";
    for (auto& extra : state.extras) extra.fill_(7);
  }
  EXPECT_EQ(arena.bytes().moments, (15 + 27 + 15) + 4 * (2 * (16 + 16) + 32)) << "with padding to 16 numbers";

  test::MemorySource stored;
  for (const auto& [name, tensor] : arena.state()) stored.tensors[name] = tensor.clone();
  EXPECT_EQ(stored.tensors.at("0:A.codes").scalar_type(), at::kByte);
  EXPECT_FALSE(stored.tensors.contains("dense.moment2"));

  arena.clearMoments({zoo.list()[1]});  // 0:A
  for (auto& state : arena.states()) {
    const bool cleared = state.parameter->name == "0:A";
    EXPECT_EQ(state.steps, cleared ? 0 : 1);
    for (auto& extra : state.extras) EXPECT_EQ(extra.max().item<int>(), cleared ? 0 : 7) << state.parameter->name;
  }
  ASSERT_TRUE(arena.restore(stored, "").hasValue());
  for (const auto& [name, tensor] : arena.state()) EXPECT_TRUE(at::equal(tensor, stored.tensors.at(name))) << name;
}

TEST(Arena, CountsItsBytes) {
  Zoo zoo;
  zoo.add("A", test::randomMatrix(16, 4, 1), Segment::Adapter);
  zoo.add("bias", test::randomMatrix(1, 16, 1).flatten(), Segment::Bias);
  const Arena arena(zoo.list(), 2);
  EXPECT_EQ(arena.bytes().values, 64 * 4);
  EXPECT_EQ(arena.bytes().gradients, 80 * 4);
  EXPECT_EQ(arena.bytes().moments, 2 * 80 * 4);
}

TEST(Arena, HoldsParametersOfSeveralPrecisions) {
  Zoo zoo;
  auto* half = zoo.add("half", test::randomMatrix(3, 5, 1).to(at::kBFloat16), Segment::Dense);
  auto* full = zoo.add("full", test::randomMatrix(3, 5, 2), Segment::Dense);
  Arena arena(zoo.list(), 2);
  EXPECT_EQ(half->gradient.scalar_type(), at::kBFloat16);
  EXPECT_EQ(full->gradient.scalar_type(), at::kFloat);
  half->gradient.fill_(3);
  full->gradient.fill_(4);
  EXPECT_NEAR(arena.gradientNorm(), std::sqrt(15.0 * 25), 1e-9);
}

/// A zoo, its arena and an AdamW over it, after two steps; divided between them where there are several parts.
struct Stepped {
  Zoo zoo = makeZoo();
  Arena arena;
  std::unique_ptr<Optimizer> optimizer;

  Stepped(std::int64_t part, std::int64_t parts) : arena(zoo.list(), 2), optimizer(makeOptimizer(RunConfig(), arena)) {
    fillGradients(zoo.list(), 40);
    optimizer->step(0.1);
    arena.divide(part, parts);
    fillGradients(zoo.list(), 60);
    optimizer->step(0.1);
  }
};

TEST(Arena, PartsStepTheirSharesAsOneArenaStepsAll) {
  constexpr std::int64_t kParts = 3;
  const Stepped whole(0, 1);
  EXPECT_FALSE(whole.arena.divided());
  std::vector<std::unique_ptr<Stepped>> parts;
  for (std::int64_t part = 0; part < kParts; ++part) parts.push_back(std::make_unique<Stepped>(part, kParts));
  EXPECT_LT(parts[0]->arena.bytes().moments, whole.arena.bytes().moments);

  // What a group's processes exchange: every share of the values, and all moments on the first.
  std::vector<at::Tensor> values, first, second;
  for (const auto& part : parts) {
    ASSERT_TRUE(part->arena.divided());
    part->arena.layOutValues();
    const auto share = part->arena.shares().front();
    values.push_back(share.own.clone());
    first.push_back(share.moments[0]);
    second.push_back(share.moments[1]);
  }
  for (const auto& part : parts) {
    part->arena.shares().front().gradients.copy_(at::cat(values));
    part->arena.takeInValues();
    for (std::size_t i = 0; i < whole.zoo.owned.size(); ++i) {
      EXPECT_TRUE(at::allclose(part->zoo.owned[i]->value, whole.zoo.owned[i]->value, 1e-6, 1e-7))
          << whole.zoo.owned[i]->name;
    }
  }
  parts[0]->arena.unite({{at::cat(first), at::cat(second)}});
  EXPECT_FALSE(parts[0]->arena.divided());
  const auto state = parts[0]->arena.state(), expected = whole.arena.state();
  ASSERT_EQ(state.size(), expected.size());
  for (std::size_t i = 0; i < state.size(); ++i) {
    EXPECT_EQ(state[i].first, expected[i].first);
    EXPECT_TRUE(at::allclose(state[i].second, expected[i].second, 1e-6, 1e-7)) << state[i].first;
  }
  // Goes on as it was.
  parts[0]->arena.divide(0, kParts);
  EXPECT_TRUE(at::equal(parts[0]->arena.shares().front().moments[0], first[0]));
}

TEST(ClipFactor, IsTorchs) {
  EXPECT_EQ(clipFactor(0.5, 1), 1);
  EXPECT_DOUBLE_EQ(clipFactor(4, 1), 1 / (4 + 1e-6));
  EXPECT_EQ(clipFactor(100, 0), 1);
}

}  // namespace
}  // namespace rosa::optim
