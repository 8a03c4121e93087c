// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include "optim/kinds.h"

namespace rosa::optim {

namespace {

class Sgd final : public Optimizer {
 public:
  Sgd(const RunConfig& config, Arena& arena)
      : arena_(arena), momentum_(config.momentum), weightDecay_(config.weightDecay) {}

  void step(double learningRate) override {
    const at::NoGradGuard noGradient;
    arena_.countStep();
    for (auto& stretch : arena_.stretches()) {
      const double rate = learningRate * stretch.rateFactor;
      if (stretch.decays && weightDecay_ != 0) stretch.value.mul_(1 - rate * weightDecay_);
      // A cleared buffer needs no special first step: momentum·0 + gradient is the gradient.
      if (momentum_ != 0) stretch.moments[0].mul_(momentum_).add_(stretch.gradient);
      stretch.value.add_(momentum_ != 0 ? stretch.moments[0] : stretch.gradient, -rate);
    }
  }

 private:
  Arena& arena_;
  double momentum_, weightDecay_;
};

}  // namespace

std::unique_ptr<Optimizer> makeSgd(const RunConfig& config, Arena& arena) {
  return std::make_unique<Sgd>(config, arena);
}

}  // namespace rosa::optim
