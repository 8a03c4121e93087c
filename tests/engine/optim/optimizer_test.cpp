// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/optimizer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/adapt/matrices.h"

namespace rosa::optim {
namespace {

/// Two adapters, a transposed dense weight and a bias that does not decay.
struct Parameters {
  adapt::Parameter a, b, dense, bias;

  Parameters() {
    fill(a, "A", test::randomMatrix(37, 3, 1), adapt::Segment::Adapter);
    fill(b, "B", test::randomMatrix(3, 21, 2), adapt::Segment::Adapter);
    fill(dense, "dense", test::transposedLayout(test::randomMatrix(13, 29, 3)), adapt::Segment::Dense);
    fill(bias, "bias", test::randomMatrix(1, 21, 4).flatten(), adapt::Segment::Bias);
    bias.decays = false;
  }
  adapt::ParameterList list() { return {&a, &b, &dense, &bias}; }

  void setGradients(std::uint64_t seed) {
    for (auto* parameter : list()) {
      parameter->gradient.copy_(
          test::randomMatrix(parameter->value.numel(), 1, seed++, 0.1).reshape(parameter->value.sizes()));
    }
  }

 private:
  static void fill(adapt::Parameter& parameter, const std::string& name, const at::Tensor& value,
                   adapt::Segment segment) {
    parameter.name = name;
    parameter.value = value;
    parameter.segment = segment;
  }
};

/// The formulas by hand, in fp64.
struct Reference {
  at::Tensor value, first, second;
  bool decays;
  int steps = 0;

  explicit Reference(const adapt::Parameter& parameter)
      : value(parameter.value.to(at::kDouble)),
        first(at::zeros_like(value)),
        second(at::zeros_like(value)),
        decays(parameter.decays) {}

  void adamW(const at::Tensor& gradient, double rate, const RunConfig& config) {
    const auto g = gradient.to(at::kDouble);
    ++steps;
    if (decays) value *= 1 - rate * config.weightDecay;
    first = config.beta1 * first + (1 - config.beta1) * g;
    second = config.beta2 * second + (1 - config.beta2) * g.square();
    const auto unbiasedFirst = first / (1 - std::pow(config.beta1, steps));
    const auto unbiasedSecond = second / (1 - std::pow(config.beta2, steps));
    value -= rate * unbiasedFirst / (unbiasedSecond.sqrt() + config.epsilon);
  }
  void sgd(const at::Tensor& gradient, double rate, const RunConfig& config) {
    if (decays) value *= 1 - rate * config.weightDecay;
    first = config.momentum * first + gradient.to(at::kDouble);
    value -= rate * first;
  }
};

class OptimizerKinds : public testing::TestWithParam<RunConfig> {};

TEST_P(OptimizerKinds, FollowsTheFormulaAcrossAPartialReset) {
  const auto& config = GetParam();
  Parameters parameters;
  Arena arena(parameters.list(), momentsNeeded(config));
  const auto optimizer = makeOptimizer(config, arena);
  std::vector<Reference> references;
  for (auto* parameter : parameters.list()) references.emplace_back(*parameter);

  for (std::uint64_t step = 0; step < 12; ++step) {
    if (step == 7) {  // a resample: the adapters' directions are new, everything else goes on
      arena.clearMoments({&parameters.a, &parameters.b});
      for (std::size_t i = 0; i < 2; ++i) {
        references[i].first.zero_();
        references[i].second.zero_();
        references[i].steps = 0;
      }
    }
    const double rate = 0.01 * static_cast<double>(12 - step);
    parameters.setGradients(100 + 10 * step);
    optimizer->step(rate);
    for (std::size_t i = 0; i < references.size(); ++i) {
      auto* parameter = parameters.list()[i];
      if (config.optimizer == rosa::Optimizer::AdamW) {
        references[i].adamW(parameter->gradient, rate, config);
      } else {
        references[i].sgd(parameter->gradient, rate, config);
      }
      EXPECT_LT(test::distance(parameter->value, references[i].value), 3e-6) << parameter->name << " step " << step;
    }
  }
}

RunConfig configOf(rosa::Optimizer kind, double weightDecay, double momentum) {
  RunConfig config;
  config.optimizer = kind;
  config.weightDecay = weightDecay;
  config.momentum = momentum;
  config.beta1 = 0.8;
  config.beta2 = 0.95;
  config.epsilon = 1e-6;
  return config;
}

INSTANTIATE_TEST_SUITE_P(Kinds, OptimizerKinds,
                         testing::Values(configOf(rosa::Optimizer::AdamW, 0.1, 0),
                                         configOf(rosa::Optimizer::AdamW, 0, 0), configOf(rosa::Optimizer::Sgd, 0, 0),
                                         configOf(rosa::Optimizer::Sgd, 0.1, 0.9)));

TEST(Optimizer, PaddingBetweenParametersStaysZero) {
  Parameters parameters;
  const auto config = configOf(rosa::Optimizer::AdamW, 0.1, 0);
  Arena arena(parameters.list(), momentsNeeded(config));
  const auto optimizer = makeOptimizer(config, arena);
  for (std::uint64_t step = 0; step < 5; ++step) {
    parameters.setGradients(step);
    optimizer->step(0.1);
  }
  // A has 111 numbers: one short of the boundary at which B begins.
  const auto& adapters = arena.stretches().at(0).value;
  ASSERT_EQ(adapters.numel(), 112 + 64);
  EXPECT_EQ(adapters[111].item<float>(), 0);
  EXPECT_EQ(adapters[112].item<float>(), parameters.b.value[0][0].item<float>());
}

TEST(Optimizer, NeedsAsManyMomentsAsItUses) {
  EXPECT_EQ(momentsNeeded(configOf(rosa::Optimizer::AdamW, 0, 0)), 2);
  EXPECT_EQ(momentsNeeded(configOf(rosa::Optimizer::Sgd, 0, 0.9)), 1);
  EXPECT_EQ(momentsNeeded(configOf(rosa::Optimizer::Sgd, 0, 0)), 0);
}

}  // namespace
}  // namespace rosa::optim
