// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

namespace rosa::adapt {

/// Whether `fewRowsProduct` is the way to x·W: without autograd, x in fp32 on a CPU that it is written for, a W that
/// lies row by row in fp32, or column by column (as the checkpoints of all families but GPT-2 have it) in fp32, bf16,
/// fp16 or int8, and few rows in x, as when text is generated.
[[nodiscard]] bool hasFewRows(const at::Tensor& x, const at::Tensor& matrix);

/// x·W (+ bias, where defined) for x [rows, in] and W [in, out]. Reads W once, as it is stored, and widens its numbers
/// on the way; a general product rearranges W first, so that on a 768 x 3072 matrix in rows it takes 2.8 times as long
/// for 4 rows, 2.5 times for 8. A row's result does not depend on the others.
[[nodiscard]] at::Tensor fewRowsProduct(const at::Tensor& x, const at::Tensor& matrix, const at::Tensor& bias);

}  // namespace rosa::adapt
