// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>

#include "data/flat_batch.h"
#include "model/batch.h"

namespace rosa::train {

/// The batch's vectors as tensors of their own on `device`; targets are the values where the batch has values.
[[nodiscard]] model::Batch toTensors(const data::FlatBatch& batch, c10::Device device);

}  // namespace rosa::train
