// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/synthetic_task.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <memory>

#include "adapt/method.h"
#include "experiment/one_thread.h"
#include "model/adapted_linear.h"
#include "optim/arena.h"
#include "optim/optimizer.h"

namespace rosa::experiment {

namespace {

at::Tensor forwardDense(const std::vector<at::Tensor>& weights, at::Tensor x) {
  for (std::size_t i = 0; i < weights.size(); ++i) {
    x = x.mm(weights[i]);
    if (i + 1 < weights.size()) x = x.relu();
  }
  return x;
}

/// The same network with an adaptation in every layer.
class Network {
 public:
  Network(const std::vector<at::Tensor>& weights, const adapt::MethodSettings& method) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const auto name = fmt::format("l{}", i + 1);
      auto layer =
          std::make_unique<model::AdaptedLinear>(model::AdaptedLinear::Layout::OutIn, weights[i].size(0),
                                                 std::vector<model::AdaptedLinear::Part>{{name, weights[i].size(1)}},
                                                 false, false, at::TensorOptions().dtype(at::kFloat), at::kFloat);
      auto* slot = layer->slots().front();
      slot->weight().copy_(weights[i]);
      auto adaptation = adapt::makeAdaptation(method, slot->weight(), name, static_cast<std::int64_t>(i));
      if (!adaptation) {
        failure_ = adaptation.error().message;
        return;
      }
      slot->attach(*std::move(adaptation));
      adaptations_.push_back(slot->adaptation());
      layers_.push_back(std::move(layer));
    }
  }

  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] const std::vector<adapt::Adaptation*>& adaptations() const { return adaptations_; }
  [[nodiscard]] adapt::ParameterList parameters() const {
    adapt::ParameterList all;
    for (auto* adaptation : adaptations_) {
      const auto own = adaptation->parameters();
      all.insert(all.end(), own.begin(), own.end());
    }
    return all;
  }

  [[nodiscard]] at::Tensor forward(at::Tensor x) {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      x = layers_[i]->forward(x);
      if (i + 1 < layers_.size()) x = x.relu();
    }
    return x;
  }

 private:
  std::vector<std::unique_ptr<model::AdaptedLinear>> layers_;
  std::vector<adapt::Adaptation*> adaptations_;
  std::string failure_;
};

/// The mean of the batches' means, as the reference code's loader gives them.
double validationError(Network& network, const SyntheticTask& task, std::int64_t batch) {
  const at::NoGradGuard noGrad;
  const auto rows = (network.forward(task.validInputs) - task.validTargets).square().mean(1);
  double sum = 0;
  std::int64_t count = 0;
  for (std::int64_t start = 0; start < rows.size(0); start += batch, ++count) {
    sum += rows.slice(0, start, start + batch).mean().item<double>();
  }
  return sum / static_cast<double>(count);
}

std::vector<std::pair<std::int64_t, std::int64_t>> shapes(const SyntheticSettings& settings) {
  std::vector<std::pair<std::int64_t, std::int64_t>> all;
  for (std::int64_t i = 0; i < settings.layers; ++i) {
    all.emplace_back(i == 0 ? settings.in : settings.hidden, i + 1 == settings.layers ? settings.out : settings.hidden);
  }
  return all;
}

}  // namespace

SyntheticTask taskOf(std::vector<at::Tensor> start, const std::vector<at::Tensor>& truth,
                     const SyntheticSettings& settings) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(settings.seed + 1);
  SyntheticTask task;
  task.weights = std::move(start);
  task.trainInputs = at::randn({settings.trainRows, settings.in}, generator);
  task.validInputs = at::randn({settings.validRows, settings.in}, generator);
  task.trainTargets = forwardDense(truth, task.trainInputs);
  task.validTargets = forwardDense(truth, task.validInputs);
  return task;
}

SyntheticTask drawTask(const SyntheticSettings& settings) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(settings.seed);
  std::vector<at::Tensor> start;
  std::vector<at::Tensor> truth;
  for (const auto& [in, out] : shapes(settings)) {
    const double bound = 1 / std::sqrt(static_cast<double>(in));
    start.push_back((at::rand({in, out}, generator) * 2 - 1) * bound);
    const auto p = at::randn({in, settings.trueRank}, generator);
    truth.push_back(start.back() + p.mm(at::randn({settings.trueRank, out}, generator)));
  }
  return taskOf(std::move(start), truth, settings);
}

double bestOfRank(const at::Tensor& start, const at::Tensor& truth, std::int64_t rank) {
  const auto sigma = at::linalg_svdvals(truth.to(at::kDouble) - start.to(at::kDouble));
  return sigma.slice(0, rank).square().sum().item<double>() / static_cast<double>(start.size(1));
}

std::string nameOf(const SyntheticMethod& method) {
  if (method.method == Method::Full) return "full";
  return fmt::format("{} r={}", method.method == Method::Rosa ? "rosa" : "lora", method.rank);
}

Expected<SyntheticCurve> learn(const SyntheticTask& task, const SyntheticSettings& settings,
                               const SyntheticMethod& method, const std::function<bool()>& giveUp) {
  const OneThread oneThread;
  const auto began = std::chrono::steady_clock::now();
  adapt::MethodSettings adapted;
  adapted.method = method.method;
  adapted.rank.value = method.rank;
  adapted.alpha = static_cast<double>(method.rank);  // the reference code scales neither
  adapted.seed = settings.seed;
  Network network(task.weights, adapted);
  if (!network.failure().empty()) return Error{network.failure()};

  RunConfig config;
  config.weightDecay = settings.weightDecay;
  optim::Arena arena(network.parameters(), optim::momentsNeeded(config));
  const auto optimizer = optim::makeOptimizer(config, arena);

  SyntheticCurve curve;
  for (const auto* parameter : network.parameters()) curve.trainable += parameter->value.numel();
  std::int64_t cycle = 0;
  const auto resample = [&] {
    adapt::resampleAll(network.adaptations(), cycle++);
    arena.clearMoments();  // the reference code begins each cycle with a new optimizer
  };
  resample();

  auto generator = at::make_generator<at::CPUGeneratorImpl>(settings.seed + 2);
  for (std::int64_t epoch = 0; epoch < settings.epochs; ++epoch) {
    if (giveUp && giveUp()) return Error{"The experiment was stopped; the same command goes on with what is missing."};
    if (method.method == Method::Rosa && epoch > settings.resampleAfter && epoch % settings.resampleEvery == 0) {
      resample();
      curve.resampledAt.push_back(epoch);
    }
    const auto order = at::randperm(settings.trainRows, generator, at::TensorOptions().dtype(at::kLong));
    for (std::int64_t start = 0; start < settings.trainRows; start += settings.batch) {
      const auto rows = order.slice(0, start, start + settings.batch);
      arena.zeroGradients();
      const auto x = task.trainInputs.index_select(0, rows);
      const auto y = task.trainTargets.index_select(0, rows);
      at::mse_loss(network.forward(x), y).backward();
      {
        const at::NoGradGuard noGrad;
        for (auto* adaptation : network.adaptations()) adaptation->beforeStep();
        optimizer->step(settings.learningRate);
        for (auto* adaptation : network.adaptations()) adaptation->afterStep();
      }
      if (start == 0) curve.validation.push_back(validationError(network, task, settings.batch));
    }
  }
  curve.finalValidation = validationError(network, task, settings.batch);
  curve.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return curve;
}

}  // namespace rosa::experiment
