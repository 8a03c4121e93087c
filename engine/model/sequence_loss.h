// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/model_config.h"

namespace rosa::model {

/// Cross entropy (targets int64) or squared error (targets float) of scores [sequences, labels], summed over `divisor`.
/// `labelSmoothing` spreads that share of each class target over all classes.
[[nodiscard]] at::Tensor sequenceLoss(const at::Tensor& scores, const at::Tensor& targets, Head head, double divisor,
                                      double labelSmoothing);

/// The first or last row of each sequence of a flat stream [tokens, width].
[[nodiscard]] at::Tensor firstRows(const at::Tensor& hidden, const std::vector<std::int64_t>& offsets);
[[nodiscard]] at::Tensor lastRows(const at::Tensor& hidden, const std::vector<std::int64_t>& offsets);

}  // namespace rosa::model
