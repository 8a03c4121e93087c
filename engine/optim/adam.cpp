// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/adam.h"

#include <ATen/ATen.h>

#include <map>
#include <optional>
#include <utility>

#include "optim/kinds.h"

namespace rosa::optim {

namespace {

/// What stretches must have in common to be stepped by one call: whether they decay, and their rate factor.
using Group = std::pair<bool, double>;

/// Stretches of one group as the lists that LibTorch's fused kernels take.
struct Lists {
  std::vector<at::Tensor> values, gradients, firstMoments, secondMoments, steps;
};

std::map<Group, Lists> listsOf(const std::vector<Stretch>& stretches) {
  std::map<Group, Lists> groups;
  for (const auto& stretch : stretches) {
    if (stretch.moments.size() != 2) continue;
    auto& lists = groups[{stretch.decays, stretch.rateFactor}];
    lists.values.push_back(stretch.value);
    lists.gradients.push_back(stretch.gradient);
    lists.firstMoments.push_back(stretch.moments[0]);
    lists.secondMoments.push_back(stretch.moments[1]);
    lists.steps.push_back(stretch.steps);
  }
  return groups;
}

// The overloads that take the learning rate as a number.
using Kernel = void (*)(at::TensorList, at::TensorList, at::TensorList, at::TensorList, at::TensorList, at::TensorList,
                        double, double, double, double, double, bool, bool, const std::optional<at::Tensor>&,
                        const std::optional<at::Tensor>&);
constexpr Kernel kFusedAdam = at::_fused_adam_;
constexpr Kernel kFusedAdamW = at::_fused_adamw_;

class Adam final : public Optimizer {
 public:
  Adam(const AdamSettings& settings, Arena& arena) : settings_(settings), arena_(arena) {}

  void step(double learningRate) override {
    arena_.countStep();
    stepAdam(arena_.stretches(), settings_, learningRate);
  }

 private:
  AdamSettings settings_;
  Arena& arena_;
};

}  // namespace

AdamSettings adamSettings(const RunConfig& config) {
  return {config.beta1, config.beta2, config.epsilon, config.weightDecay, config.optimizer == rosa::Optimizer::Adam};
}

void stepAdam(const std::vector<Stretch>& stretches, const AdamSettings& settings, double learningRate) {
  const at::NoGradGuard noGradient;
  for (auto& [group, lists] : listsOf(stretches)) {
    const auto& [decays, rateFactor] = group;
    const double decay = decays ? settings.weightDecay : 0;
    const auto kernel = settings.coupled ? kFusedAdam : kFusedAdamW;
    kernel(lists.values, lists.gradients, lists.firstMoments, lists.secondMoments, /*max_exp_avg_sqs=*/{}, lists.steps,
           learningRate * rateFactor, settings.beta1, settings.beta2, decay, settings.epsilon, /*amsgrad=*/false,
           /*maximize=*/false, {}, {});
  }
}

std::unique_ptr<Optimizer> makeAdam(const RunConfig& config, Arena& arena) {
  return std::make_unique<Adam>(adamSettings(config), arena);
}

}  // namespace rosa::optim
