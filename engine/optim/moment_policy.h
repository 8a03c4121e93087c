// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <span>

#include "adapt/parameter.h"
#include "optim/arena.h"

/// What becomes of an optimizer's memory when parameters get a new meaning at a resample, beside clearing it
/// (Arena::clearMoments). Step counts go on: what is forgotten is made up for by nothing, so that a cleared first
/// moment starts the next cycle with small steps.
namespace rosa::optim {

/// Clears the first moment and keeps the second.
void keepSecondMoments(Arena& arena, const adapt::ParameterList& parameters);

/// Clears, in every moment of each parameter, the share of entries whose first moment is smallest (ReLoRA's magnitude
/// pruning, arXiv 2307.05695). `share` is 0..1.
void pruneMoments(Arena& arena, const adapt::ParameterList& parameters, double share);

/// A linear map of a parameter's coordinates: value·matrix, or matrix·value where `fromLeft`.
struct MomentTurn {
  const adapt::Parameter* parameter = nullptr;
  at::Tensor matrix;
  bool fromLeft = false;
};

/// Turns first moments as gradients turn. Second moments (Adam's), taken as those of independent coordinates with the
/// first as their mean, become |(v - m²)·matrix² + (m·matrix)²|, squares entry by entry and m, v without their bias
/// (LDAdam, arXiv 2410.16103, section 3).
void turnMoments(Arena& arena, std::span<const MomentTurn> turns, double beta1, double beta2);

}  // namespace rosa::optim
