// SPDX-License-Identifier: GPL-3.0-or-later
#include "gguf/blocks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "gguf/half.h"
#include "gguf/k_blocks.h"

namespace rosa::gguf {
namespace {

constexpr std::size_t kSmallBlock = 32;
constexpr std::size_t kHalf = kSmallBlock / 2;

float largestMagnitude(std::span<const float> block) {
  float largest = 0;
  for (const float x : block) largest = std::max(largest, std::fabs(x));
  return largest;
}
/// With its sign; the first of equals.
float farthestFromZero(std::span<const float> block) {
  float farthest = 0;
  for (const float x : block) {
    if (std::fabs(x) > std::fabs(farthest)) farthest = x;
  }
  return farthest;
}
float inverse(float scale) {
  return scale == 0 ? 0 : 1 / scale;
}

/// Half a scale in front, then codes.
void readQ8_0(const std::byte* block, float* out) {
  const float scale = fromHalf(loadHalf(block));
  for (std::size_t i = 0; i < kSmallBlock; ++i) {
    out[i] = scale * static_cast<float>(static_cast<std::int8_t>(block[2 + i]));
  }
}
void writeQ8_0(std::span<const float> block, std::byte* out) {
  const float scale = largestMagnitude(block) / 127;
  const float per = inverse(scale);
  storeHalf(out, toHalf(scale));
  for (std::size_t i = 0; i < kSmallBlock; ++i) {
    out[2 + i] = static_cast<std::byte>(static_cast<std::int8_t>(std::round(block[i] * per)));
  }
}

/// Numbers i and i + 16 share a byte.
void readQ4_0(const std::byte* block, float* out) {
  const float scale = fromHalf(loadHalf(block));
  for (std::size_t i = 0; i < kHalf; ++i) {
    const int codes = std::to_integer<int>(block[2 + i]);
    out[i] = scale * static_cast<float>((codes & 15) - 8);
    out[i + kHalf] = scale * static_cast<float>((codes >> 4) - 8);
  }
}
void writeQ4_0(std::span<const float> block, std::byte* out) {
  const float scale = farthestFromZero(block) / -8;
  const float per = inverse(scale);
  storeHalf(out, toHalf(scale));
  const auto code = [&](std::size_t i) {
    return std::min(15U, static_cast<unsigned>(static_cast<int>(block[i] * per + 8.5F)));
  };
  for (std::size_t i = 0; i < kHalf; ++i) out[2 + i] = static_cast<std::byte>(code(i) | code(i + kHalf) << 4);
}

/// As Q4_0, the fifth bits of all in four bytes between.
void readQ5_0(const std::byte* block, float* out) {
  const float scale = fromHalf(loadHalf(block));
  const std::uint32_t fifth = loadHalf(block + 2) | static_cast<std::uint32_t>(loadHalf(block + 4)) << 16;
  for (std::size_t i = 0; i < kHalf; ++i) {
    const auto codes = std::to_integer<unsigned>(block[6 + i]);
    const unsigned low = (codes & 15) | (fifth >> i & 1) << 4;
    const unsigned high = codes >> 4 | (fifth >> (i + kHalf) & 1) << 4;
    out[i] = scale * static_cast<float>(static_cast<int>(low) - 16);
    out[i + kHalf] = scale * static_cast<float>(static_cast<int>(high) - 16);
  }
}
void writeQ5_0(std::span<const float> block, std::byte* out) {
  const float scale = farthestFromZero(block) / -16;
  const float per = inverse(scale);
  storeHalf(out, toHalf(scale));
  const auto code = [&](std::size_t i) {
    return std::min(31U, static_cast<unsigned>(static_cast<int>(block[i] * per + 16.5F)));
  };
  std::uint32_t fifth = 0;
  for (std::size_t i = 0; i < kHalf; ++i) {
    const unsigned low = code(i);
    const unsigned high = code(i + kHalf);
    out[6 + i] = static_cast<std::byte>((low & 15) | (high & 15) << 4);
    fifth |= (low >> 4) << i | (high >> 4) << (i + kHalf);
  }
  storeHalf(out + 2, static_cast<std::uint16_t>(fifth & 0xFFFF));
  storeHalf(out + 4, static_cast<std::uint16_t>(fifth >> 16));
}

template <typename Read>
void readBlocks(const BlockFormat& format, std::span<const std::byte> bytes, std::span<float> values, Read read) {
  for (std::size_t from = 0, at = 0; from < values.size(); from += format.values, at += format.bytes) {
    read(bytes.data() + at, values.data() + from);
  }
}
template <typename Write>
void writeBlocks(const BlockFormat& format, std::span<const float> values, std::span<std::byte> bytes, Write write) {
  for (std::size_t from = 0, at = 0; from < values.size(); from += format.values, at += format.bytes) {
    write(values.subspan(from, format.values), bytes.data() + at);
  }
}

}  // namespace

void dequantise(BlockType type, std::span<const std::byte> bytes, std::span<float> values) {
  static_assert(std::endian::native == std::endian::little, "GGUF's numbers are little-endian");
  const auto format = formatOf(type);
  assert(values.size() % format.values == 0 && values.size() / format.values * format.bytes == bytes.size());
  switch (type) {
    case BlockType::F32:
      std::memcpy(values.data(), bytes.data(), bytes.size());
      break;
    case BlockType::F16:
      readBlocks(format, bytes, values, [](const std::byte* from, float* to) { *to = fromHalf(loadHalf(from)); });
      break;
    case BlockType::BF16:
      readBlocks(format, bytes, values, [](const std::byte* from, float* to) { *to = fromBrain(loadHalf(from)); });
      break;
    case BlockType::Q4_0:
      readBlocks(format, bytes, values, readQ4_0);
      break;
    case BlockType::Q5_0:
      readBlocks(format, bytes, values, readQ5_0);
      break;
    case BlockType::Q8_0:
      readBlocks(format, bytes, values, readQ8_0);
      break;
    case BlockType::Q4_K:
      readBlocks(format, bytes, values, readQ4_K);
      break;
    case BlockType::Q6_K:
      readBlocks(format, bytes, values, readQ6_K);
      break;
  }
}

void quantise(BlockType type, std::span<const float> values, std::span<std::byte> bytes) {
  const auto format = formatOf(type);
  assert(values.size() % format.values == 0 && values.size() / format.values * format.bytes == bytes.size());
  const auto half = [](std::span<const float> from, std::byte* to) { storeHalf(to, toHalf(from[0])); };
  const auto brain = [](std::span<const float> from, std::byte* to) { storeHalf(to, toBrain(from[0])); };
  switch (type) {
    case BlockType::F32:
      std::memcpy(bytes.data(), values.data(), bytes.size());
      break;
    case BlockType::F16:
      writeBlocks(format, values, bytes, half);
      break;
    case BlockType::BF16:
      writeBlocks(format, values, bytes, brain);
      break;
    case BlockType::Q4_0:
      writeBlocks(format, values, bytes, writeQ4_0);
      break;
    case BlockType::Q5_0:
      writeBlocks(format, values, bytes, writeQ5_0);
      break;
    case BlockType::Q8_0:
      writeBlocks(format, values, bytes, writeQ8_0);
      break;
    case BlockType::Q4_K:
      writeBlocks(format, values, bytes, writeQ4_K);
      break;
    case BlockType::Q6_K:
      writeBlocks(format, values, bytes, writeQ6_K);
      break;
  }
}

}  // namespace rosa::gguf
