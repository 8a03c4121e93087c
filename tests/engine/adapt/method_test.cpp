// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/method.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <span>
#include <stdexcept>
#include <vector>

#include "adapt/dense.h"
#include "adapt/lora.h"
#include "adapt/rosa.h"
#include "engine/adapt/matrices.h"

namespace rosa::adapt {
namespace {

std::unique_ptr<Adaptation> made(const MethodSettings& settings, const at::Tensor& w, std::int64_t index = 0) {
  auto result = makeAdaptation(settings, w, "layer" + std::to_string(index), index);
  EXPECT_TRUE(result.hasValue()) << result.error().message;
  return result ? *std::move(result) : nullptr;
}

TEST(MakeAdaptation, FollowsTheMethod) {
  auto w = test::randomMatrix(20, 30, 1);
  MethodSettings settings;
  settings.rank = Rank{std::int64_t{4}};
  EXPECT_NE(dynamic_cast<Rosa*>(made(settings, w).get()), nullptr);
  settings.method = Method::Lora;
  EXPECT_NE(dynamic_cast<Lora*>(made(settings, w).get()), nullptr);
  settings.method = Method::Full;
  EXPECT_NE(dynamic_cast<Dense*>(made(settings, w).get()), nullptr);
}

TEST(MakeAdaptation, ScaleIsAlphaOverRankWithTheMethodsDefault) {
  auto w = test::randomMatrix(20, 30, 1);
  const auto scaleOf = [&](const MethodSettings& settings) {
    const auto adaptation = made(settings, w);
    return dynamic_cast<LowRank&>(*adaptation).settings().scale;
  };
  MethodSettings settings;
  settings.rank = Rank{std::int64_t{4}};
  EXPECT_EQ(scaleOf(settings), 1);
  settings.method = Method::Lora;
  EXPECT_EQ(scaleOf(settings), 2);
  settings.alpha = 10;
  EXPECT_EQ(scaleOf(settings), 2.5);
}

TEST(MakeAdaptation, RosaAtTheSmallerSideTrainsWItself) {
  auto w = test::randomMatrix(20, 30, 1);
  MethodSettings settings;
  settings.rank = Rank{std::int64_t{20}};
  EXPECT_NE(dynamic_cast<Dense*>(made(settings, w).get()), nullptr);
  settings.rank = Rank{1.0};
  EXPECT_NE(dynamic_cast<Dense*>(made(settings, w).get()), nullptr);
  settings.rank = Rank{std::int64_t{21}};
  EXPECT_FALSE(makeAdaptation(settings, w, "layer", 0).hasValue());
}

struct Layers {
  std::vector<at::Tensor> weights;
  std::vector<std::unique_ptr<Adaptation>> adaptations;
  std::vector<Adaptation*> pointers;
};

Layers severalLayers() {
  Layers layers;
  MethodSettings settings;
  settings.form = Form::Branch;
  settings.seed = 3;
  for (std::int64_t i = 0; i < 7; ++i) {
    settings.method = i == 4 ? Method::Full : Method::Rosa;
    layers.weights.push_back(test::randomMatrix(200 + 10 * i, 256, static_cast<std::uint64_t>(i), 0.05));
    layers.adaptations.push_back(made(settings, layers.weights.back(), i));
    layers.pointers.push_back(layers.adaptations.back().get());
  }
  return layers;
}

class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }

 private:
  int before_;
};

TEST(ResampleAll, GivesTheSameBitsOnAnyNumberOfThreads) {
  auto one = severalLayers();
  auto three = severalLayers();
  for (std::int64_t cycle = 0; cycle < 2; ++cycle) {
    std::vector<Slice> slicesOfOne, slicesOfThree;
    {
      const Threads threads(1);
      slicesOfOne = resampleAll(one.pointers, cycle);
    }
    {
      const Threads threads(3);
      slicesOfThree = resampleAll(three.pointers, cycle);
    }
    for (std::size_t i = 0; i < one.weights.size(); ++i) {
      EXPECT_EQ(slicesOfOne[i].start, slicesOfThree[i].start);
      EXPECT_EQ(slicesOfOne[i].count, i == 4 ? 0 : 8);
      EXPECT_TRUE(at::equal(one.weights[i], three.weights[i]));
      if (i == 4) continue;
      EXPECT_TRUE(at::equal(dynamic_cast<Rosa&>(*one.pointers[i]).a(), dynamic_cast<Rosa&>(*three.pointers[i]).a()));
      EXPECT_TRUE(at::equal(dynamic_cast<Rosa&>(*one.pointers[i]).b(), dynamic_cast<Rosa&>(*three.pointers[i]).b()));
    }
  }
}

TEST(ResampleAll, FewerLayersThanThreadsGiveTheSameSlicesAndTheirBitsAgain) {
  auto alone = severalLayers();
  auto shared = severalLayers();
  auto again = severalLayers();
  const auto first = [](auto& layers) { return std::span(layers.pointers).first(2); };
  std::vector<Slice> slices;
  {
    const Threads threads(1);
    slices = resampleAll(first(alone), 0);
  }
  const Threads threads(3);
  const auto drawn = resampleAll(first(shared), 0);
  (void)resampleAll(first(again), 0);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(drawn[i].start, slices[i].start);
    const auto of = [i](auto& layers) -> Rosa& { return dynamic_cast<Rosa&>(*layers.pointers[i]); };
    EXPECT_TRUE(at::equal(of(shared).a(), of(again).a()));
    EXPECT_TRUE(at::equal(of(shared).b(), of(again).b()));
    // The signs of the singular vectors are fixed, so the factors agree too but for rounding.
    EXPECT_TRUE(at::allclose(of(shared).a(), of(alone).a(), 1e-4, 1e-5));
    EXPECT_TRUE(at::allclose(of(shared).b(), of(alone).b(), 1e-4, 1e-5));
  }
}

TEST(ResampleAll, TakesGivenWindowsInLayerOrder) {
  auto layers = severalLayers();
  const std::vector<std::int64_t> starts = {0, 5, 9, 190, 0, 77, 100};
  const auto slices = resampleAll(layers.pointers, 0, starts);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    EXPECT_EQ(slices[i].start, starts[i]);  // layer 4 trains densely and has no window: 0
  }
}

TEST(ResampleAll, PassesALayersErrorOn) {
  auto layers = severalLayers();
  const std::vector<std::int64_t> starts = {0, 5, 9, 100000, 0, 77, 100};
  EXPECT_THROW(resampleAll(layers.pointers, 0, starts), std::runtime_error);
}

}  // namespace
}  // namespace rosa::adapt
