// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/dtype.h"
#include "rosa/expected.h"

/// The JSON header of a safetensors file: what it means, and every rule that must hold before a byte of data is read.
namespace rosa::checkpoint {

/// Text a file says about itself; transformers expects "format": "pt".
using Metadata = std::map<std::string, std::string>;

struct TensorEntry {
  std::string name;  ///< any text: show it with base::inQuotes, never use it as a path
  Dtype dtype = Dtype::F32;
  std::vector<std::int64_t> shape;  ///< empty: one number
  std::uint64_t begin = 0;          ///< bytes from the start of the data
  std::uint64_t end = 0;

  [[nodiscard]] std::uint64_t bytes() const { return end - begin; }
  /// How many numbers.
  [[nodiscard]] std::int64_t count() const;
};

struct SafetensorsHeader {
  Metadata metadata;
  std::vector<TensorEntry> entries;  ///< in the order of their data
};

constexpr std::uint64_t kLengthFieldBytes = 8;         ///< little-endian, before the header
constexpr std::uint64_t kLargestHeader = 100'000'000;  ///< the format's own limit
constexpr std::size_t kMostDimensions = 64;            ///< LibTorch's limit, far above any model's

/// Accepts a header only if names are unique, shapes, dtypes and byte ranges agree, and the ranges, sorted, cover
/// exactly `dataBytes` without gap or overlap. Stricter than the official library where it contradicts the format's
/// text: leading blanks, repeated keys, unknown fields, `"__metadata__": null`. `source` names the file in messages.
[[nodiscard]] Expected<SafetensorsHeader> parseSafetensorsHeader(std::string_view json, std::uint64_t dataBytes,
                                                                 std::string_view source);

/// The header with its length field, padded so that the data begins at a multiple of 8 bytes. `begin` and `end` of the
/// entries are taken as they are.
[[nodiscard]] std::string formatSafetensorsHeader(const SafetensorsHeader& header);

/// The bytes that a tensor takes; nothing if the product is too large or does not end on a whole byte.
[[nodiscard]] std::optional<std::uint64_t> tensorBytes(Dtype dtype, const std::vector<std::int64_t>& shape);

}  // namespace rosa::checkpoint
