// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "checkpoint/peft_config.h"
#include "checkpoint/safetensors_writer.h"
#include "model/model.h"
#include "rosa/expected.h"
#include "train/progress.h"
#include "train/session.h"

namespace rosa::service {

struct RunAsPeft {
  checkpoint::PeftConfig config;
  std::vector<checkpoint::TensorToWrite> tensors;
  std::int64_t rank = 0;  ///< the largest of a layer
  double residual = 0;    ///< Frobenius norm of what the ranks leave out over that of the whole change
};

/// What adapter_config.json calls a task; empty where PEFT has no name for it.
[[nodiscard]] std::string peftTaskType(Task task);

/// What a run has made of its base model as a PEFT adapter. LoRA, DoRA and IA3 hand their own numbers over; of every
/// other method a layer's change W - W_base is taken apart by its SVD and written as LoRA of scale 1 (alpha = rank).
///
/// `largestRank` 0 asks for the change itself: the smallest rank that leaves out no more than W's own rounding, and
/// never more than the method can have reached (ROSA: 2·rank for each slice, formats.md 7). A head, norms and biases of
/// adapted layers go along whole, and so does what `base` has as NaN: what the run drew because no file held it. An
/// error says what PEFT's layout cannot hold and what to do instead.
[[nodiscard]] Expected<RunAsPeft> peftOf(const train::Session& session, const train::Progress& progress,
                                         const model::Model& base, std::int64_t largestRank);

}  // namespace rosa::service
