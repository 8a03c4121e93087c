// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace rosa::gguf {

/// The number formats of GGUF's tensors that are read and written here, by the numbers that stand in the file. Others
/// are known by size alone (`findFormat`).
enum class BlockType : std::uint32_t {
  F32 = 0,
  F16 = 1,
  Q4_0 = 2,
  Q5_0 = 6,
  Q8_0 = 8,
  Q4_K = 12,
  Q6_K = 14,
  BF16 = 30,
};

/// A format stores its numbers in blocks of `values`, each of `bytes`; a row of a tensor is a whole number of blocks.
struct BlockFormat {
  std::uint32_t id = 0;  ///< as in the file
  std::string_view name;
  std::uint64_t values = 1;
  std::uint64_t bytes = 0;
};

/// Every format that the file format has today; nothing for a number that it never had or has no more.
[[nodiscard]] std::optional<BlockFormat> findFormat(std::uint32_t id);
[[nodiscard]] BlockFormat formatOf(BlockType type);
/// The type of this number, where its values are read here.
[[nodiscard]] std::optional<BlockType> readableType(std::uint32_t id);

/// The bytes of a tensor; nothing where the product is too large or a row is no whole number of blocks. `dimensions`
/// begin with the length of a row, as everywhere in GGUF.
[[nodiscard]] std::optional<std::uint64_t> bytesOf(const BlockFormat& format,
                                                   std::span<const std::uint64_t> dimensions);

}  // namespace rosa::gguf
