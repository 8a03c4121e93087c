// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

#include "gguf/block_type.h"

/// Numbers to blocks and back. Whole rows or any run of whole blocks; `values` and `bytes` belong together by the
/// format's block size. Pure functions, callable from any thread.
namespace rosa::gguf {

/// Every readable type.
void dequantise(BlockType type, std::span<const std::byte> bytes, std::span<float> values);

/// Finite numbers. F16 and the scales of quantised blocks become infinite where they are too large for binary16.
///
/// F16, BF16, Q8_0, Q5_0 and Q4_0 round as the reference quantisers of GGUF do, bit for bit: a block's scale is its
/// largest magnitude over the largest code (Q8_0), or its number of largest magnitude over the most negative code.
/// Q4_K and Q6_K search for the scales of the smallest squared error (k_blocks.h).
void quantise(BlockType type, std::span<const float> values, std::span<std::byte> bytes);

}  // namespace rosa::gguf
