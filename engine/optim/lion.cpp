// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include "optim/kinds.h"
#include "optim/pieces.h"

namespace rosa::optim {

namespace {

/// Chen et al. 2023 (arXiv 2302.06675), algorithm 2: the sign of one mean of gradients moves the value, another is
/// kept.
class Lion final : public Optimizer {
 public:
  Lion(const RunConfig& config, Arena& arena)
      : arena_(arena), beta1_(config.beta1), beta2_(config.beta2), weightDecay_(config.weightDecay) {}

  void step(double learningRate) override {
    const at::NoGradGuard noGradient;
    arena_.countStep();
    for (const auto& stretch : arena_.stretches()) {
      const double rate = learningRate * stretch.rateFactor;
      forEachPiece(stretch, [&](const Stretch& piece) {
        const auto& mean = piece.moments[0];
        if (piece.decays && weightDecay_ != 0) piece.value.mul_(1 - rate * weightDecay_);
        piece.value.add_((mean * beta1_).add_(piece.gradient, 1 - beta1_).sign_(), -rate);
        mean.mul_(beta2_).add_(piece.gradient, 1 - beta2_);
      });
    }
  }

 private:
  Arena& arena_;
  double beta1_, beta2_, weightDecay_;
};

}  // namespace

std::unique_ptr<Optimizer> makeLion(const RunConfig& config, Arena& arena) {
  return std::make_unique<Lion>(config, arena);
}

}  // namespace rosa::optim
