// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/moment_policy.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace rosa::optim {

namespace {

bool isOneOf(const adapt::Parameter* parameter, const adapt::ParameterList& parameters) {
  return std::find(parameters.begin(), parameters.end(), parameter) != parameters.end();
}

at::Tensor turned(const at::Tensor& values, const at::Tensor& matrix, bool fromLeft) {
  return fromLeft ? at::mm(matrix, values) : at::mm(values, matrix);
}

}  // namespace

void keepSecondMoments(Arena& arena, const adapt::ParameterList& parameters) {
  for (auto& state : arena.states()) {
    if (isOneOf(state.parameter, parameters) && !state.moments.empty()) state.moments[0].zero_();
  }
}

void pruneMoments(Arena& arena, const adapt::ParameterList& parameters, double share) {
  for (auto& state : arena.states()) {
    if (!isOneOf(state.parameter, parameters) || state.moments.empty()) continue;
    const auto sizes = state.moments[0].abs();
    const auto cleared = static_cast<std::int64_t>(std::floor(share * static_cast<double>(sizes.numel())));
    if (cleared == 0) continue;
    const auto largestCleared = std::get<0>(sizes.flatten().kthvalue(cleared));
    const auto mask = sizes.le(largestCleared);
    for (auto& moment : state.moments) moment.masked_fill_(mask, 0);
  }
}

void turnMoments(Arena& arena, std::span<const MomentTurn> turns, double beta1, double beta2) {
  for (auto& state : arena.states()) {
    const auto turn = std::find_if(turns.begin(), turns.end(),
                                   [&](const MomentTurn& entry) { return entry.parameter == state.parameter; });
    if (turn == turns.end() || state.moments.empty() || state.steps == 0) continue;
    auto& first = state.moments[0];
    const auto newFirst = turned(first, turn->matrix, turn->fromLeft);
    if (state.moments.size() > 1) {
      auto& second = state.moments[1];
      const auto steps = static_cast<double>(state.steps);
      const double weight1 = 1 - std::pow(beta1, steps);
      const double weight2 = 1 - std::pow(beta2, steps);
      const auto variance = second / weight2 - (first / weight1).square();
      const auto spread = turned(variance, turn->matrix.square(), turn->fromLeft);
      second.copy_((spread + (newFirst / weight1).square()).abs() * weight2);
    }
    first.copy_(newFirst);
  }
}

}  // namespace rosa::optim
