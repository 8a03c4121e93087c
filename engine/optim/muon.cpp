// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "optim/adam.h"
#include "optim/kinds.h"
#include "optim/newton_schulz.h"

namespace rosa::optim {

namespace {

/// Momentum where the configuration names none.
constexpr double kUsualMomentum = 0.95;

bool isInnerMatrix(const adapt::Parameter& parameter) {
  const bool inside = parameter.segment == adapt::Segment::Adapter || parameter.segment == adapt::Segment::Dense;
  return inside && parameter.value.dim() == 2;
}

/// Jordan et al. 2024 as torch.optim.Muon has it: Nesterov momentum, orthogonalised. One learning rate serves these
/// matrices and AdamW's parameters, since the update is brought to the RMS that AdamW's has, 0.2·sqrt(larger side)
/// (Liu et al. 2025, arXiv 2502.16982, section 2.2).
class Muon final : public Optimizer {
 public:
  Muon(const RunConfig& config, Arena& arena)
      : arena_(arena),
        adam_(adamSettings(config)),
        momentum_(config.momentum != 0 ? config.momentum : kUsualMomentum) {}

  void step(double learningRate) override {
    const at::NoGradGuard noGradient;
    arena_.countStep();
    stepAdam(arena_.stretches(), adam_, learningRate);
    for (auto& stretch : arena_.stretches()) {
      if (stretch.moments.size() == 1) stretch.moments[0].lerp_(stretch.gradient, 1 - momentum_);
    }
    for (auto& state : arena_.states()) {
      if (state.moments.size() == 1) move(state, learningRate * state.parameter->rateFactor);
    }
  }

 private:
  void move(const ParameterState& state, double rate) const {
    const auto value = state.parameter->value.detach();
    const auto update = orthogonalised(at::lerp(state.parameter->gradient, state.moments[0], momentum_));
    const double larger = static_cast<double>(std::max(value.size(0), value.size(1)));
    if (state.parameter->decays && adam_.weightDecay != 0) value.mul_(1 - rate * adam_.weightDecay);
    value.add_(update, -rate * 0.2 * std::sqrt(larger));
  }

  Arena& arena_;
  AdamSettings adam_;
  double momentum_;
};

}  // namespace

StateLayout muonState(const adapt::Parameter& parameter) {
  return {isInnerMatrix(parameter) ? 1 : 2, {}};
}

std::unique_ptr<Optimizer> makeMuon(const RunConfig& config, Arena& arena) {
  return std::make_unique<Muon>(config, arena);
}

}  // namespace rosa::optim
