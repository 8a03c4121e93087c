// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/ScalarType.h>

#include <optional>
#include <vector>

#include "checkpoint/model_folder.h"
#include "model/model.h"
#include "rosa/expected.h"

/// The number format that each tensor of a model is written in.
namespace rosa::train {

/// One for each tensor: `wanted`, or where that is nothing the one in which `base` holds the tensor. A tensor that it
/// does not hold takes the one that most numbers of its file have; fp32 where that has no floating-point numbers.
[[nodiscard]] std::vector<at::ScalarType> storedTypes(const std::vector<model::NamedTensor>& tensors,
                                                      const checkpoint::ModelFolder& base,
                                                      std::optional<at::ScalarType> wanted);

/// The tensors as their types hold them, rounded once to nearest even, and in fp32 again. One that loses nothing is the
/// very tensor that was given. An error names a tensor with a finite number that its type has no finite one for, and
/// what to write instead.
[[nodiscard]] Expected<std::vector<model::NamedTensor>> rounded(const std::vector<model::NamedTensor>& tensors,
                                                                const std::vector<at::ScalarType>& types);

/// The type that most numbers are written in: what config.json's dtype says.
[[nodiscard]] at::ScalarType mainType(const std::vector<model::NamedTensor>& tensors,
                                      const std::vector<at::ScalarType>& types);

}  // namespace rosa::train
