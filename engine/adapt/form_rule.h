// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

#include "rosa/config.h"

namespace rosa::adapt {

struct LayerSize {
  std::int64_t in = 0;
  std::int64_t out = 0;
};

/// What is known of a run before it starts.
struct FormFacts {
  double tokensPerMicroBatch = 0;  ///< real tokens, on average
  std::int64_t accumulate = 1;     ///< micro-batches in a step
  bool cuda = false;
  bool narrow = false;                ///< weights in fewer digits than fp32, which lose what the merged form adds
  std::span<const LayerSize> layers;  ///< the adapted ones
};

/// Turns Form::Auto into merged or branch; another wish is kept. Asked once per run; the answer is written in its
/// configuration and its checkpoints and never changes.
///
/// Per step the merged form passes over every W once (rank-2r update); the branch form passes over y and dx of every
/// token once more. Both are bound by memory, so they cost the same at
///   tokens = crossover · sum(in · out) / sum(in + out),
/// about 510 tokens for GPT-2 small times `crossover`, which is measured (form_rule.cpp).
[[nodiscard]] Form chooseForm(Form asked, const FormFacts& facts);

}  // namespace rosa::adapt
