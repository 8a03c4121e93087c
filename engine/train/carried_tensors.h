// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "checkpoint/model_folder.h"
#include "checkpoint/safetensors_writer.h"
#include "model/model.h"

/// A whole model of which the text half alone is built: what becomes of the rest of its folder.
namespace rosa::train {

/// What of a whole model's files is not its text half, in the files' order: the picture half. None where the model is
/// not a whole one.
[[nodiscard]] std::vector<const checkpoint::TensorEntry*> carriedTensors(const checkpoint::ModelFolder& files,
                                                                         const std::vector<model::NamedTensor>& tensors,
                                                                         const model::ModelConfig& config);

/// A model's tensors as a folder holds them, each in its type. Those of a whole model keep the names that `base` has
/// for them, and what is carried along is copied from there when its turn comes; `base` must outlive the writing.
[[nodiscard]] std::vector<checkpoint::TensorToWrite> tensorsToWrite(const std::vector<model::NamedTensor>& tensors,
                                                                    const std::vector<at::ScalarType>& types,
                                                                    const model::ModelConfig& config,
                                                                    const checkpoint::ModelFolder& base);

}  // namespace rosa::train
