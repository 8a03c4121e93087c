// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "model/model.h"

namespace rosa::train {

struct Session;

/// Every stored tensor of the model as it amounts to now, with what the method trains inside it, in the checkpoint's
/// layout. Those that no adaptation touches are the live tensors themselves.
[[nodiscard]] std::vector<model::NamedTensor> mergedTensors(const Session& session);

}  // namespace rosa::train
