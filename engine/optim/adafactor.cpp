// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "optim/kinds.h"

namespace rosa::optim {

namespace {

// Shazeer and Stern 2018 (arXiv 1804.04235) with the constants of transformers' Adafactor.
constexpr double kGradientFloor = 1e-30;  // eps1, added to squares
constexpr double kParameterFloor = 1e-3;  // eps2, the least RMS that scales a learning rate
constexpr double kLargestUpdate = 1.0;    // clip_threshold, of the update's RMS
constexpr double kDecayExponent = -0.8;   // decay_rate

double rms(const at::Tensor& values) {
  return at::linalg_vector_norm(values).item<double>() / std::sqrt(static_cast<double>(values.numel()));
}

class Adafactor final : public Optimizer {
 public:
  Adafactor(const RunConfig& config, Arena& arena)
      : arena_(arena), scaleParameter_(config.scaleParameter), weightDecay_(config.weightDecay) {}

  void step(double learningRate) override {
    const at::NoGradGuard noGradient;
    arena_.countStep();
    for (auto& state : arena_.states()) step(state, learningRate);
  }

 private:
  void step(ParameterState& state, double learningRate) const {
    const auto value = state.parameter->value.detach();
    double rate = learningRate * state.parameter->rateFactor;
    if (scaleParameter_) rate *= std::max(kParameterFloor, rms(value));
    auto update = scaledGradient(state);
    update.mul_(rate / std::max(1.0, rms(update) / kLargestUpdate));
    if (state.parameter->decays && weightDecay_ != 0) value.mul_(1 - rate * weightDecay_);
    value.sub_(update);
  }

  /// The gradient over the root of its mean square, which for a matrix is rebuilt from sums over rows and columns.
  static at::Tensor scaledGradient(ParameterState& state) {
    const double kept = 1 - std::pow(static_cast<double>(state.steps), kDecayExponent);
    const auto& gradient = state.parameter->gradient;
    auto squares = gradient.square().add_(kGradientFloor);
    if (state.extras.size() == 1) {
      const auto& mean = state.extras[0];
      mean.mul_(kept).add_(squares, 1 - kept);
      return at::rsqrt(mean).mul_(gradient);
    }
    const auto& rows = state.extras[0];
    const auto& columns = state.extras[1];
    rows.mul_(kept).add_(squares.mean(1), 1 - kept);
    columns.mul_(kept).add_(squares.mean(0), 1 - kept);
    squares.copy_(gradient);  // its storage is at hand
    return squares.mul_((rows / rows.mean()).rsqrt_().unsqueeze(1)).mul_(columns.rsqrt().unsqueeze(0));
  }

  Arena& arena_;
  bool scaleParameter_;
  double weightDecay_;
};

}  // namespace

StateLayout adafactorState(const adapt::Parameter& parameter) {
  const auto& value = parameter.value;
  if (value.dim() != 2) return {0, {{"squares", value.scalar_type(), value.sizes().vec()}}};
  return {0, {{"rows", value.scalar_type(), {value.size(0)}}, {"columns", value.scalar_type(), {value.size(1)}}}};
}

std::unique_ptr<Optimizer> makeAdafactor(const RunConfig& config, Arena& arena) {
  return std::make_unique<Adafactor>(config, arena);
}

}  // namespace rosa::optim
