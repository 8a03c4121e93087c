// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

/// Blocks of 256 numbers whose scales are quantised too. The layouts are llama.cpp's; the searches are least squares of
/// our own: for each group a range of scales is tried, the best is fitted to its codes until they no longer change, and
/// once the block's own scales are rounded, each group takes the rounded scale of the smallest error nearby.
namespace rosa::gguf {

constexpr std::size_t kLargeBlock = 256;

/// 4.5 bits a number: groups of 32, x = d·s·q - e·m with q in 0..15, s and m in 0..63, d and e in binary16.
void readQ4_K(const std::byte* block, float* out);
void writeQ4_K(std::span<const float> block, std::byte* out);

/// 6.5625 bits a number: groups of 16, x = d·s·q with q in -32..31, s in -128..127, d in binary16.
void readQ6_K(const std::byte* block, float* out);
void writeQ6_K(std::span<const float> block, std::byte* out);

}  // namespace rosa::gguf
