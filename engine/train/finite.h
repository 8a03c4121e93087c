// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <span>
#include <string>

#include "model/model.h"

namespace rosa::train {

struct Session;

/// Whether a floating-point tensor holds no NaN and no Inf. Takes no memory beside it.
[[nodiscard]] bool allFinite(const at::Tensor& tensor);

/// The name of the first tensor that holds a NaN or an Inf.
[[nodiscard]] std::optional<std::string> firstNonFinite(std::span<const model::NamedTensor> tensors);
/// Of all that a session's training changes: what trains, and W of the adapted layers.
[[nodiscard]] std::optional<std::string> firstNonFinite(const Session& session);

}  // namespace rosa::train
