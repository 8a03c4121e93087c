// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/adapt/matrices.h"
#include "optim/code_map.h"
#include "optim/optimizer.h"

namespace rosa::optim {
namespace {

RunConfig configOf(rosa::Optimizer kind) {
  RunConfig config;
  config.optimizer = kind;
  config.weightDecay = 0.1;
  return config;
}

/// One parameter, 100 x 50: 19 blocks and a part of one.
struct Trained {
  adapt::Parameter parameter;
  RunConfig config;
  std::unique_ptr<Arena> arena;
  std::unique_ptr<Optimizer> optimizer;

  explicit Trained(rosa::Optimizer kind, at::ScalarType type = at::kFloat) : config(configOf(kind)) {
    parameter.name = "w";
    parameter.value = test::randomMatrix(100, 50, 1).to(type);
    parameter.segment = adapt::Segment::Adapter;
    arena = std::make_unique<Arena>(adapt::ParameterList{&parameter}, momentsNeeded(config));
    optimizer = makeOptimizer(config, *arena);
  }
  void step(const at::Tensor& gradient, double rate = 0.01) {
    parameter.gradient.copy_(gradient);
    optimizer->step(rate);
  }
  [[nodiscard]] const std::vector<at::Tensor>& extras() const { return arena->states().at(0).extras; }
};

at::Tensor gradientOf(std::uint64_t step) {
  return test::randomMatrix(100, 50, 10 + step, 0.1);
}

/// The numbers that codes and scales stand for.
at::Tensor decoded(const CodeMap& map, const at::Tensor& codes, const at::Tensor& scales) {
  auto numbers = at::empty({codes.numel()}, at::kDouble);
  for (std::int64_t i = 0; i < codes.numel(); ++i) {
    numbers[i] = static_cast<double>(map.value(codes[i].item<std::uint8_t>())) * scales[i / 256].item<double>();
  }
  return numbers;
}

TEST(AdamW8bit, TheFirstStepIsAdamWs) {
  Trained coded(rosa::Optimizer::AdamW8bit), whole(rosa::Optimizer::AdamW);
  coded.step(gradientOf(0));
  whole.step(gradientOf(0));
  EXPECT_LT(test::distance(coded.parameter.value, whole.parameter.value), 1e-6);
}

TEST(AdamW8bit, KeepsTheMomentsAsBytesToWithinHalfAStepOfTheMap) {
  Trained coded(rosa::Optimizer::AdamW8bit);
  ASSERT_EQ(coded.extras().size(), 4U);
  EXPECT_EQ(coded.extras()[0].scalar_type(), at::kByte);
  EXPECT_EQ(coded.extras()[1].numel(), 20);
  const auto g = gradientOf(0).to(at::kDouble);
  coded.step(gradientOf(0));
  const auto first = (0.1 * g).flatten();
  const auto second = (0.001 * g.square()).flatten();
  const auto firstError =
      (decoded(CodeMap::dynamicSigned(), coded.extras()[0], coded.extras()[1]) - first).abs() / first.abs().max();
  const auto secondError =
      (decoded(CodeMap::dynamicUnsigned(), coded.extras()[2], coded.extras()[3]) - second).abs() / second.max();
  EXPECT_LT(firstError.max().item<double>(), 0.9 / 64 / 2 + 1e-6);
  EXPECT_LT(secondError.max().item<double>(), 0.9 / 128 / 2 + 1e-6);
  // A block's largest number is kept as it is.
  EXPECT_NEAR(coded.extras()[1][0].item<double>(), first.narrow(0, 0, 256).abs().max().item<double>(), 1e-8);
}

TEST(AdamW8bit, TakesAtMostTwoBytesAndATenthANumber) {
  const Trained coded(rosa::Optimizer::AdamW8bit);
  EXPECT_LE(static_cast<double>(coded.arena->bytes().moments), 2.1 * 5000);
  const Trained whole(rosa::Optimizer::AdamW);
  EXPECT_GE(whole.arena->bytes().moments, 8 * 5000);
}

TEST(AdamW8bit, LibTorchsOperationsComeToTheSame) {
  // In fp64 the step goes by operations that any device has.
  Trained kernel(rosa::Optimizer::AdamW8bit), operations(rosa::Optimizer::AdamW8bit, at::kDouble);
  for (std::uint64_t step = 0; step < 4; ++step) {
    kernel.step(gradientOf(step));
    operations.step(gradientOf(step));
  }
  EXPECT_LT(test::distance(kernel.parameter.value, operations.parameter.value), 1e-5);
  for (const auto codes : {0, 2}) {
    const auto difference =
        (kernel.extras()[codes].to(at::kInt) - operations.extras()[codes].to(at::kInt)).abs().to(at::kFloat);
    EXPECT_LT(difference.mean().item<double>(), 1e-3);
  }
}

TEST(AdamW8bit, ClearedItBeginsAnew) {
  Trained used(rosa::Optimizer::AdamW8bit), fresh(rosa::Optimizer::AdamW8bit);
  for (std::uint64_t step = 0; step < 3; ++step) used.step(gradientOf(step));
  used.parameter.value.copy_(fresh.parameter.value);
  used.arena->clearMoments({&used.parameter});
  for (std::uint64_t step = 5; step < 8; ++step) {
    used.step(gradientOf(step));
    fresh.step(gradientOf(step));
  }
  EXPECT_TRUE(at::equal(used.parameter.value, fresh.parameter.value));
}

TEST(AdamW8bit, IsTheSameOnAnyNumberOfThreads) {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  Trained one(rosa::Optimizer::AdamW8bit), three(rosa::Optimizer::AdamW8bit);
  for (std::uint64_t step = 0; step < 3; ++step) one.step(gradientOf(step));
  at::set_num_threads(3);
  for (std::uint64_t step = 0; step < 3; ++step) three.step(gradientOf(step));
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(one.parameter.value, three.parameter.value));
}

TEST(AdamW8bit, SmallGradientsBesideALargeOneDoNotLeap) {
  Trained coded(rosa::Optimizer::AdamW8bit);
  auto gradient = at::full({100, 50}, 1e-5);
  gradient[0][0] = 1;
  for (int step = 0; step < 20; ++step) {
    const auto before = coded.parameter.value.clone();
    coded.step(gradient, 0.001);
    EXPECT_LT(test::distance(coded.parameter.value, before), 0.002) << "step " << step;
  }
}

/// Mean squared error of x·W against x·(a given matrix), after training W.
double lossAfterTraining(rosa::Optimizer kind) {
  Trained trained(kind);
  trained.config.weightDecay = 0;
  trained.optimizer = makeOptimizer(trained.config, *trained.arena);
  const auto target = test::randomMatrix(100, 50, 2);
  double loss = 0;
  for (std::uint64_t step = 0; step < 400; ++step) {
    const auto x = test::randomMatrix(32, 100, 1000 + step);
    const auto error = at::mm(x, trained.parameter.value - target);
    loss = error.square().mean().item<double>();
    trained.step(at::mm(x.t(), error) / 32, 0.02);
  }
  return loss;
}

TEST(AdamW8bit, ConvergesAsAdamWDoes) {
  const double start = 200;  // 100 inputs of variance 1 times differences of variance 2
  const double whole = lossAfterTraining(rosa::Optimizer::AdamW);
  const double coded = lossAfterTraining(rosa::Optimizer::AdamW8bit);
  EXPECT_LT(whole, start / 100);
  EXPECT_LT(coded, 1.2 * whole + start / 1e4);
}

}  // namespace
}  // namespace rosa::optim
