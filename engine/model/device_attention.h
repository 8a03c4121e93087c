// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include "model/attention.h"

/// Attention over all sequences at once, for devices where a launch costs more than a short sequence's work. What
/// `attention` says holds here too.
namespace rosa::model {

/// Whether LibTorch's memory-efficient kernel takes these heads: 16-byte rows of fp32, or of a half type.
[[nodiscard]] bool streamedAttentionTakes(const at::Tensor& qkv, const Sequences& sequences,
                                          const AttentionShape& shape);

/// With that kernel: no scores in memory, no dropout. CUDA only.
[[nodiscard]] at::Tensor streamedAttention(const at::Tensor& qkv, const Sequences& sequences,
                                           const AttentionShape& shape, const Rotary::Table* rotary);

/// With whole matrices of scores, every sequence padded to the longest: the form that takes our dropout masks. Any
/// device.
[[nodiscard]] at::Tensor paddedAttention(const at::Tensor& qkv, const Sequences& sequences, const AttentionShape& shape,
                                         const Rotary::Table* rotary, double dropout, const DropoutKey& key);

}  // namespace rosa::model
