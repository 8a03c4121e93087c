// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

/// Numbers in bytes as Parquet writes them: little-endian, variable-length and bit-packed. Pure functions.
namespace rosa::data::parquet {

static_assert(std::endian::native == std::endian::little);

/// The number that the first sizeof(T) bytes hold; there must be so many.
template <typename T>
[[nodiscard]] T readLittleEndian(std::string_view bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

[[nodiscard]] inline std::int64_t fromZigZag(std::uint64_t coded) {
  return static_cast<std::int64_t>((coded >> 1U) ^ (~(coded & 1U) + 1));
}

/// ULEB128 from `at` on, which moves behind it; nothing if the bytes end or the number has more than 64 bits.
[[nodiscard]] inline std::optional<std::uint64_t> readVarint(std::string_view bytes, std::size_t& at) {
  std::uint64_t value = 0;
  unsigned shift = 0;
  for (std::size_t i = at; i < bytes.size() && shift < 64; ++i, shift += 7) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    if (shift == 63 && byte > 1) return std::nullopt;
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) {
      at = i + 1;
      return value;
    }
  }
  return std::nullopt;
}

/// `width` (at most 64) bits from bit `from` on, the lowest bit of a byte first; nothing if the bytes end before.
[[nodiscard]] inline std::optional<std::uint64_t> bitsAt(std::string_view bytes, std::uint64_t from, unsigned width) {
  if (width == 0) return 0;
  if (from + width > std::uint64_t{8} * bytes.size()) return std::nullopt;
  const std::size_t first = from / 8;
  const auto shift = static_cast<unsigned>(from % 8);
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + first, bytes.size() - first < 8 ? bytes.size() - first : 8);
  value >>= shift;
  if (shift + width > 64)
    value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[first + 8])) << (64 - shift);
  return width == 64 ? value : value & ((std::uint64_t{1} << width) - 1);
}

/// Bits that the numbers 0 to `largest` need.
[[nodiscard]] inline unsigned bitsFor(unsigned largest) {
  return static_cast<unsigned>(std::bit_width(largest));
}

}  // namespace rosa::data::parquet
