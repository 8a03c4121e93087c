// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/optimizer.h"

#include <ATen/ATen.h>

#include <vector>

namespace rosa::optim {

namespace {

/// Stretches of one decay group as the lists that LibTorch's fused kernels take.
struct Lists {
  std::vector<at::Tensor> values, gradients, firstMoments, secondMoments, steps;
};

Lists listsOf(std::vector<Stretch>& stretches, bool decays) {
  Lists lists;
  for (auto& stretch : stretches) {
    if (stretch.decays != decays) continue;
    lists.values.push_back(stretch.value);
    lists.gradients.push_back(stretch.gradient);
    if (!stretch.moments.empty()) lists.firstMoments.push_back(stretch.moments[0]);
    if (stretch.moments.size() > 1) lists.secondMoments.push_back(stretch.moments[1]);
    lists.steps.push_back(stretch.steps);
  }
  return lists;
}

class AdamW final : public Optimizer {
 public:
  AdamW(const RunConfig& config, Arena& arena)
      : arena_(arena),
        beta1_(config.beta1),
        beta2_(config.beta2),
        epsilon_(config.epsilon),
        weightDecay_(config.weightDecay) {}

  void step(double learningRate) override {
    const at::NoGradGuard noGradient;
    arena_.countStep();
    for (const bool decays : {true, false}) {
      auto lists = listsOf(arena_.stretches(), decays);
      if (lists.values.empty()) continue;
      at::_fused_adamw_(lists.values, lists.gradients, lists.firstMoments, lists.secondMoments,
                        /*max_exp_avg_sqs=*/{}, lists.steps, learningRate, beta1_, beta2_, decays ? weightDecay_ : 0,
                        epsilon_, /*amsgrad=*/false, /*maximize=*/false);
    }
  }

 private:
  Arena& arena_;
  double beta1_, beta2_, epsilon_, weightDecay_;
};

class Sgd final : public Optimizer {
 public:
  Sgd(const RunConfig& config, Arena& arena)
      : arena_(arena), momentum_(config.momentum), weightDecay_(config.weightDecay) {}

  void step(double learningRate) override {
    const at::NoGradGuard noGradient;
    arena_.countStep();
    for (auto& stretch : arena_.stretches()) {
      if (stretch.decays && weightDecay_ != 0) stretch.value.mul_(1 - learningRate * weightDecay_);
      // A cleared buffer needs no special first step: momentum·0 + gradient is the gradient.
      if (momentum_ != 0) stretch.moments[0].mul_(momentum_).add_(stretch.gradient);
      stretch.value.add_(momentum_ != 0 ? stretch.moments[0] : stretch.gradient, -learningRate);
    }
  }

 private:
  Arena& arena_;
  double momentum_, weightDecay_;
};

}  // namespace

int momentsNeeded(const RunConfig& config) {
  if (config.optimizer == rosa::Optimizer::AdamW) return 2;
  return config.momentum != 0 ? 1 : 0;
}

std::unique_ptr<Optimizer> makeOptimizer(const RunConfig& config, Arena& arena) {
  if (config.optimizer == rosa::Optimizer::AdamW) return std::make_unique<AdamW>(config, arena);
  return std::make_unique<Sgd>(config, arena);
}

}  // namespace rosa::optim
