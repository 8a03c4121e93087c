// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/optimizer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

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

/// U·f(S)·Vᵀ with what five Newton-Schulz steps make of singular values of norm 1.
at::Tensor orthogonalisedBySvd(const at::Tensor& matrix) {
  const auto [u, s, vh] = at::linalg_svd(matrix, /*full_matrices=*/false);
  auto values = s / s.norm();
  for (int step = 0; step < 5; ++step) {
    values = 3.4445 * values - 4.7750 * values.pow(3) + 2.0315 * values.pow(5);
  }
  return at::mm(u * values, vh);
}

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

  void clear() {
    first.zero_();
    second.zero_();
    steps = 0;
  }

  void step(const at::Tensor& gradient, double rate, const RunConfig& config) {
    const auto g = gradient.to(at::kDouble);
    const double decay = decays ? config.weightDecay : 0;
    ++steps;
    switch (config.optimizer) {
      case rosa::Optimizer::AdamW:
      case rosa::Optimizer::AdamW8bit:  // small parameters keep whole moments
        return adamW(g, rate, decay, config);
      case rosa::Optimizer::Adam:
        return adamW(g + decay * value, rate, 0, config);
      case rosa::Optimizer::Sgd:
        return sgd(g, rate, decay, config);
      case rosa::Optimizer::Lion:
        return lion(g, rate, decay, config);
      case rosa::Optimizer::Adafactor:
        return adafactor(g, rate, decay, config);
      case rosa::Optimizer::Muon:
        return value.dim() == 2 ? muon(g, rate, decay, config) : adamW(g, rate, decay, config);
    }
  }

 private:
  void adamW(const at::Tensor& g, double rate, double decay, const RunConfig& config) {
    value *= 1 - rate * decay;
    first = config.beta1 * first + (1 - config.beta1) * g;
    second = config.beta2 * second + (1 - config.beta2) * g.square();
    const auto unbiasedFirst = first / (1 - std::pow(config.beta1, steps));
    const auto unbiasedSecond = second / (1 - std::pow(config.beta2, steps));
    value -= rate * unbiasedFirst / (unbiasedSecond.sqrt() + config.epsilon);
  }
  void sgd(const at::Tensor& g, double rate, double decay, const RunConfig& config) {
    value *= 1 - rate * decay;
    first = config.momentum * first + g;
    value -= rate * first;
  }
  void lion(const at::Tensor& g, double rate, double decay, const RunConfig& config) {
    const auto update = (config.beta1 * first + (1 - config.beta1) * g).sign();
    value -= rate * (update + decay * value);
    first = config.beta2 * first + (1 - config.beta2) * g;
  }
  /// Algorithm 4 of the paper for a matrix and 5 for a vector, with sums in full: `second` is the mean of squares.
  void adafactor(const at::Tensor& g, double rate, double decay, const RunConfig& config) {
    const double beta2 = 1 - std::pow(steps, -0.8);
    second = beta2 * second + (1 - beta2) * (g.square() + 1e-30);
    auto mean = second;
    if (mean.dim() == 2) mean = at::mm(mean.sum(1, true), mean.sum(0, true)) / mean.sum();
    auto update = g / mean.sqrt();
    update /= std::max(1.0, rms(update));
    if (config.scaleParameter) rate *= std::max(1e-3, rms(value));
    value *= 1 - rate * decay;
    value -= rate * update;
  }
  void muon(const at::Tensor& g, double rate, double decay, const RunConfig& config) {
    const double momentum = config.momentum != 0 ? config.momentum : 0.95;
    first = momentum * first + g;
    const auto update = orthogonalisedBySvd(g + momentum * first);
    value *= 1 - rate * decay;
    value -= rate * 0.2 * std::sqrt(static_cast<double>(std::max(value.size(0), value.size(1)))) * update;
  }
  static double rms(const at::Tensor& numbers) { return numbers.square().mean().sqrt().item<double>(); }
};

class OptimizerKinds : public testing::TestWithParam<RunConfig> {};

TEST_P(OptimizerKinds, FollowsTheFormulaAcrossAPartialReset) {
  const auto& config = GetParam();
  // Orthogonalising enlarges the rounding of small singular values up to 3.4445^5 times.
  const double limit = config.optimizer == rosa::Optimizer::Muon ? 1e-4 : 3e-6;
  Parameters parameters;
  parameters.b.rateFactor = 4;
  Arena arena(parameters.list(), momentsNeeded(config));
  const auto optimizer = makeOptimizer(config, arena);
  std::vector<Reference> references;
  for (auto* parameter : parameters.list()) references.emplace_back(*parameter);

  for (std::uint64_t step = 0; step < 12; ++step) {
    if (step == 7) {  // a resample: the adapters' directions are new, everything else goes on
      arena.clearMoments({&parameters.a, &parameters.b});
      for (std::size_t i = 0; i < 2; ++i) references[i].clear();
    }
    const double rate = 0.01 * static_cast<double>(12 - step);
    parameters.setGradients(100 + 10 * step);
    optimizer->step(rate);
    for (std::size_t i = 0; i < references.size(); ++i) {
      auto* parameter = parameters.list()[i];
      references[i].step(parameter->gradient, rate * parameter->rateFactor, config);
      EXPECT_LT(test::distance(parameter->value, references[i].value), limit) << parameter->name << " step " << step;
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

RunConfig scaledAdafactor() {
  auto config = configOf(rosa::Optimizer::Adafactor, 0.1, 0);
  config.scaleParameter = true;
  return config;
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, OptimizerKinds,
    testing::Values(configOf(rosa::Optimizer::AdamW, 0.1, 0), configOf(rosa::Optimizer::AdamW, 0, 0),
                    configOf(rosa::Optimizer::Adam, 0.1, 0), configOf(rosa::Optimizer::Sgd, 0, 0),
                    configOf(rosa::Optimizer::Sgd, 0.1, 0.9), configOf(rosa::Optimizer::Lion, 0.1, 0),
                    configOf(rosa::Optimizer::Adafactor, 0.1, 0), scaledAdafactor(),
                    configOf(rosa::Optimizer::Muon, 0.1, 0), configOf(rosa::Optimizer::Muon, 0, 0.8),
                    configOf(rosa::Optimizer::AdamW8bit, 0.1, 0)),
    [](const auto& test) { return "Case" + std::to_string(test.index); });

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

/// Bytes a number, of a matrix and of a vector that are large enough for codes.
struct StateCase {
  RunConfig config;
  double matrix, vector;
};

class OptimizerState : public testing::TestWithParam<StateCase> {};

TEST_P(OptimizerState, TakesTheBytesThatAreForeseen) {
  const auto& [config, matrixBytes, vectorBytes] = GetParam();
  adapt::Parameter matrix, vector;
  matrix.value = test::randomMatrix(128, 64, 1);
  matrix.segment = adapt::Segment::Dense;
  vector.value = test::randomMatrix(1, 8192, 2).flatten();
  vector.segment = adapt::Segment::Bias;
  const double foreseen = 8192 * (matrixBytes + vectorBytes);
  const Arena arena({&matrix, &vector}, momentsNeeded(config));
  EXPECT_EQ(arena.bytes().moments, foreseen);
  const std::vector<TrainedShape> shapes = {{{128, 64}, matrix.segment}, {{8192}, vector.segment}};
  EXPECT_EQ(momentBytes(config, shapes), foreseen);
}

constexpr double kFactors = (128 + 64) * 4 / 8192.0;
constexpr double kCoded = 2 + 2 * 4 / 256.0;

INSTANTIATE_TEST_SUITE_P(Kinds, OptimizerState,
                         testing::Values(StateCase{configOf(rosa::Optimizer::AdamW, 0, 0), 8, 8},
                                         StateCase{configOf(rosa::Optimizer::Adam, 0, 0), 8, 8},
                                         StateCase{configOf(rosa::Optimizer::Sgd, 0, 0.9), 4, 4},
                                         StateCase{configOf(rosa::Optimizer::Sgd, 0, 0), 0, 0},
                                         StateCase{configOf(rosa::Optimizer::Lion, 0, 0), 4, 4},
                                         StateCase{configOf(rosa::Optimizer::Adafactor, 0, 0), kFactors, 4},
                                         StateCase{configOf(rosa::Optimizer::Muon, 0, 0), 4, 8},
                                         StateCase{configOf(rosa::Optimizer::AdamW8bit, 0, 0), kCoded, kCoded}),
                         [](const auto& test) { return "Case" + std::to_string(test.index); });

TEST(Muon, LeavesEmbeddingsAndHeadsToAdamW) {
  const auto config = configOf(rosa::Optimizer::Muon, 0.1, 0);
  auto adamW = config;
  adamW.optimizer = rosa::Optimizer::AdamW;
  for (const auto segment : {adapt::Segment::Embedding, adapt::Segment::Head}) {
    adapt::Parameter one, other;
    one.value = test::randomMatrix(9, 5, 1);
    other.value = one.value.clone();
    one.segment = other.segment = segment;
    Arena left({&one}, momentsNeeded(config));
    Arena right({&other}, momentsNeeded(adamW));
    one.gradient.copy_(test::randomMatrix(9, 5, 2));
    other.gradient.copy_(one.gradient);
    makeOptimizer(config, left)->step(0.1);
    makeOptimizer(adamW, right)->step(0.1);
    EXPECT_TRUE(at::equal(one.value, other.value));
  }
}

}  // namespace
}  // namespace rosa::optim
