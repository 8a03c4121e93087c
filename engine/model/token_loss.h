// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "adapt/parameter.h"
#include "model/token_rows.h"

namespace rosa::model {

/// Cross entropy of a language-model head, in nats, summed over the positions with a target and divided by `divisor`.
///
/// hidden [tokens, width]; weight [vocabulary, width]; targets int64 [tokens], -100 = none. Works chunk by chunk on the
/// positions that carry a target, so that the logits of all tokens never exist; where gradients are wanted they are
/// computed in the same pass, since each chunk's logits are at hand. `trained` (may be null) receives the weight's
/// gradient. `anchor` is any defined tensor, one that requires a gradient where `trained` is given. `labelSmoothing`
/// spreads that share of each target over the vocabulary, as torch's cross_entropy does. `cap` c > 0 makes each logit
/// c·tanh(logit/c) first. `bias` [vocabulary], where defined, is added to each row of logits; autograd trains it.
/// `rows`, where given, stand in place of the weight's own and receive their gradient; `anchor` requires one then too.
/// The loss comes in fp32, or in fp64 where `hidden` is.
[[nodiscard]] at::Tensor tokenLoss(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets,
                                   double divisor, adapt::Parameter* trained, const at::Tensor& anchor,
                                   double labelSmoothing = 0, double cap = 0, const at::Tensor& bias = {},
                                   TokenRows* rows = nullptr);

/// Rows of logits that `tokenLoss` has at a time, at most; `half`: of a weight in half precision.
[[nodiscard]] std::int64_t mostLogitRows(std::int64_t vocabulary, bool half);

/// Rows of an embedding table [rows, width] for ids [tokens]; `trained` (may be null) receives the table's gradient, or
/// `rows` (may be null) that of those which stand in place of its own.
[[nodiscard]] at::Tensor embed(const at::Tensor& table, const at::Tensor& ids, adapt::Parameter* trained,
                               const at::Tensor& anchor, std::int64_t paddingId, TokenRows* rows = nullptr);

}  // namespace rosa::model
