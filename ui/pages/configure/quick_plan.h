// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "rosa/config.h"
#include "rosa/estimate.h"

/// The part of a plan that is arithmetic over the last real one: shown while the engine still works on the next.
namespace rosa::ui {

struct QuickPlan {
  std::int64_t trainableParameters = 0;
  std::int64_t stepsPerEpoch = 0;
  std::int64_t totalSteps = 0;
  std::int64_t resamples = 0;
};

/// What `next` will do, from the `plan` made for `planned`. Nothing where they differ in what only the engine can tell
/// (model, data, task, method, layers, ...), and nothing for settings that the engine would refuse.
[[nodiscard]] std::optional<QuickPlan> quickPlan(const RunPlan& plan, const RunConfig& planned, const RunConfig& next);

}  // namespace rosa::ui
