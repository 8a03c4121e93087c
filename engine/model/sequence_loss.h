// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "model/batch.h"
#include "model/model_config.h"

namespace rosa::model {

/// Cross entropy (targets int64, -100 = none) or squared error (targets float) of scores [sequences or tokens, labels],
/// summed over `divisor`.
/// `labelSmoothing` spreads that share of each class target over all classes.
[[nodiscard]] at::Tensor sequenceLoss(const at::Tensor& scores, const at::Tensor& targets, Head head, double divisor,
                                      double labelSmoothing);

/// The first or last row of each sequence of a flat stream [tokens, width].
[[nodiscard]] at::Tensor firstRows(const at::Tensor& hidden, const std::vector<std::int64_t>& offsets);
[[nodiscard]] at::Tensor lastRows(const at::Tensor& hidden, const std::vector<std::int64_t>& offsets);

/// The mean of each sequence's rows.
[[nodiscard]] at::Tensor meanRows(const at::Tensor& hidden, const std::vector<std::int64_t>& offsets);

/// The row of each sequence's last token that is not `padId`, the first row where there is none, as the classification
/// heads of Transformers' decoders choose it; the last row where the model has no padding token.
[[nodiscard]] at::Tensor lastRealRows(const at::Tensor& hidden, const Batch& batch, std::optional<std::int64_t> padId);

}  // namespace rosa::model
