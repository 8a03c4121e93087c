// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/tensor_source.h"

namespace rosa::model {

/// The output layer of a language model that has one of its own.
inline constexpr const char* kLanguageHead = "lm_head.weight";

/// The name of a tensor in a checkpoint of the bare model: without "bert." and the like.
[[nodiscard]] std::string_view withoutPrefix(std::string_view name);

/// How checkpoints may spell a tensor: as saved today, without the model's prefix, as whole models with a picture half
/// name their text half, and with the norms' old names.
[[nodiscard]] std::vector<std::string> spellings(const std::string& name);

/// The spelling under which `source` holds the tensor.
[[nodiscard]] std::optional<std::string> spelledIn(const device::TensorSource& source, const std::string& name);

}  // namespace rosa::model
