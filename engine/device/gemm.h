// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

/// Products of fp32 matrices on the CPU by the faster of the two libraries inside LibTorch.
///
/// `at::mm` goes to MKL. On processors that are not Intel's it falls back to kernels that use neither AVX-512 nor a
/// packing that suits few rows: with 16 to 512 rows oneDNN took 0.45 to 0.95 of its time on an AVX-512 processor of AMD
/// (tests/bench/model_bench.cpp). The choice hangs on the processor alone, never on a measurement, so that a run
/// repeats itself bit for bit.
namespace rosa::device {

/// Whether this processor has such products of fp32 at all.
[[nodiscard]] bool hasFastProducts();

/// Whether `fastProduct` takes x [rows, in] and W [in, out]: fp32 on a CPU where oneDNN is the faster library, and
/// large enough that a kernel made for its shape pays.
[[nodiscard]] bool hasFastProduct(const at::Tensor& x, const at::Tensor& weight);

/// x·W (+ bias [out], where defined): a new tensor [rows, out], without autograd.
[[nodiscard]] at::Tensor fastProduct(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias = {});

}  // namespace rosa::device
