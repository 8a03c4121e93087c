// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/snappy.h"

#include <cstdint>
#include <cstring>

#include "data/parquet/bits.h"

namespace rosa::data::parquet {
namespace {

Error damaged() {
  return Error{"a page of it is no sound Snappy"};
}

/// The 1 to 4 bytes from `at` on, which moves behind them, as a number; there must be so many.
std::size_t readNumber(std::string_view bytes, std::size_t& at, std::size_t count) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, count);
  at += count;
  return value;
}

/// Byte by byte where source and target overlap: then the copy repeats what it has just written.
void copyWithin(char* target, std::size_t offset, std::size_t length) {
  const char* source = target - offset;
  if (offset >= length) {
    std::memcpy(target, source, length);
    return;
  }
  for (std::size_t i = 0; i < length; ++i) target[i] = source[i];
}

}  // namespace

Status decompressSnappy(std::string_view packed, std::size_t size, std::string& plain) {
  std::size_t at = 0;
  const auto claimed = readVarint(packed, at);
  // A copy of 64 bytes takes 3: more than that no page can hold.
  constexpr std::size_t kLargestRatio = 64;
  if (!claimed || *claimed != size || size > packed.size() * kLargestRatio) return damaged();
  plain.resize(size);
  std::size_t filled = 0;
  while (at < packed.size()) {
    const auto tag = static_cast<std::uint8_t>(packed[at++]);
    const unsigned kind = tag & 3U;
    if (kind == 0) {
      constexpr std::size_t kLongestInTag = 60;
      std::size_t length = tag >> 2U;
      if (length >= kLongestInTag) {
        const std::size_t bytes = length - kLongestInTag + 1;
        if (bytes > packed.size() - at) return damaged();
        length = readNumber(packed, at, bytes);
      }
      ++length;
      if (length > packed.size() - at || length > size - filled) return damaged();
      std::memcpy(plain.data() + filled, packed.data() + at, length);
      at += length;
      filled += length;
      continue;
    }
    const std::size_t offsetBytes = kind == 3 ? 4 : kind;
    if (offsetBytes > packed.size() - at) return damaged();
    std::size_t offset = readNumber(packed, at, offsetBytes);
    std::size_t length = (tag >> 2U) + 1U;
    if (kind == 1) {
      constexpr std::size_t kShortest = 4;
      length = kShortest + ((tag >> 2U) & 7U);
      offset |= static_cast<std::size_t>(tag >> 5U) << 8U;
    }
    if (offset == 0 || offset > filled || length > size - filled) return damaged();
    copyWithin(plain.data() + filled, offset, length);
    filled += length;
  }
  return filled == size ? Status() : damaged();
}

}  // namespace rosa::data::parquet
