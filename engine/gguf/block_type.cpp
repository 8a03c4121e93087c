// SPDX-License-Identifier: GPL-3.0-or-later
#include "gguf/block_type.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>

#include "base/checked.h"

namespace rosa::gguf {
namespace {

constexpr std::array<BlockFormat, 34> kFormats = {{
    {0, "F32", 1, 4},         {1, "F16", 1, 2},         {2, "Q4_0", 32, 18},      {3, "Q4_1", 32, 20},
    {6, "Q5_0", 32, 22},      {7, "Q5_1", 32, 24},      {8, "Q8_0", 32, 34},      {9, "Q8_1", 32, 40},
    {10, "Q2_K", 256, 84},    {11, "Q3_K", 256, 110},   {12, "Q4_K", 256, 144},   {13, "Q5_K", 256, 176},
    {14, "Q6_K", 256, 210},   {15, "Q8_K", 256, 292},   {16, "IQ2_XXS", 256, 66}, {17, "IQ2_XS", 256, 74},
    {18, "IQ3_XXS", 256, 98}, {19, "IQ1_S", 256, 50},   {20, "IQ4_NL", 32, 18},   {21, "IQ3_S", 256, 110},
    {22, "IQ2_S", 256, 82},   {23, "IQ4_XS", 256, 136}, {24, "I8", 1, 1},         {25, "I16", 1, 2},
    {26, "I32", 1, 4},        {27, "I64", 1, 8},        {28, "F64", 1, 8},        {29, "IQ1_M", 256, 56},
    {30, "BF16", 1, 2},       {34, "TQ1_0", 256, 54},   {35, "TQ2_0", 256, 66},   {39, "MXFP4", 32, 17},
    {40, "NVFP4", 64, 36},    {41, "Q1_0", 128, 18},
}};

}  // namespace

std::optional<BlockFormat> findFormat(std::uint32_t id) {
  const auto* found = std::ranges::find(kFormats, id, &BlockFormat::id);
  if (found == kFormats.end()) return std::nullopt;
  return *found;
}

BlockFormat formatOf(BlockType type) {
  const auto found = findFormat(static_cast<std::uint32_t>(type));
  assert(found.has_value());
  return *found;
}

std::optional<BlockType> readableType(std::uint32_t id) {
  constexpr std::array kTypes = {BlockType::F32,  BlockType::F16,  BlockType::Q4_0, BlockType::Q5_0,
                                 BlockType::Q8_0, BlockType::Q4_K, BlockType::Q6_K, BlockType::BF16};
  const auto* found = std::ranges::find(kTypes, id, [](BlockType type) { return static_cast<std::uint32_t>(type); });
  if (found == kTypes.end()) return std::nullopt;
  return *found;
}

std::optional<std::uint64_t> bytesOf(const BlockFormat& format, std::span<const std::uint64_t> dimensions) {
  if (!dimensions.empty() && dimensions.front() % format.values != 0) return std::nullopt;
  if (dimensions.empty() && format.values != 1) return std::nullopt;
  base::Checked count = 1;
  for (const auto dimension : dimensions) count = count * dimension;
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!count.value()) return std::nullopt;
  const auto bytes = (base::Checked(*count.value() / format.values) * format.bytes).value();
  if (!bytes || *bytes > kLargest || *count.value() > kLargest) return std::nullopt;
  return bytes;
}

}  // namespace rosa::gguf
