// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

/// Products with a side as small as a rank, which are bound by reading the other side: MKL rearranges all of it before.
/// On two AVX-512 cores of AMD 1,024 x 1,536 numbers times eight columns took 1.3 ms there (tests/bench/model_bench.cpp
/// has ours). Written for fp32 in rows on a CPU with AVX2 and a rank of at most 32, without autograd; anything else
/// goes to ATen. A result does not depend on the number of threads.
namespace rosa::adapt {

/// x·A [tokens, rank] for x [tokens, in] and A [in, rank].
[[nodiscard]] at::Tensor thinProduct(const at::Tensor& x, const at::Tensor& a);

/// sum [rank, width] += scale·pᵀ·x for p [tokens, rank] and x [tokens, width].
void addThinOuter(at::Tensor sum, const at::Tensor& p, const at::Tensor& x, double scale);

/// y [tokens, out] += scale·p·B for p [tokens, rank] and B [rank, out].
void addThinProduct(at::Tensor y, const at::Tensor& p, const at::Tensor& b, double scale);

}  // namespace rosa::adapt
