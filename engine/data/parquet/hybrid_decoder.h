// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rosa::data::parquet {

/// Small numbers in runs: either one number and how often it comes, or bit-packed groups of eight (Parquet's RLE
/// encoding: levels, dictionary indices, truth values). Decodes one number at a time, whatever a run's length claims.
class HybridDecoder {
 public:
  HybridDecoder() = default;
  /// Numbers of `width` bits, at most 32; `bytes` must outlive the decoder.
  HybridDecoder(std::string_view bytes, unsigned width) : bytes_(bytes), width_(width) {}

  /// Nothing where the bytes end.
  [[nodiscard]] std::optional<std::uint32_t> next();

 private:
  [[nodiscard]] bool nextRun();

  std::string_view bytes_;
  unsigned width_ = 0;
  std::size_t at_ = 0;
  std::uint64_t left_ = 0;  ///< numbers of the run at hand
  bool packed_ = false;
  std::uint32_t repeated_ = 0;
  std::string_view group_;  ///< packed: the bytes of the run
  std::uint64_t bit_ = 0;
};

/// Levels as old files pack them: without runs, the highest bit of a byte first (Parquet's BIT_PACKED, deprecated).
class PackedLevels {
 public:
  PackedLevels() = default;
  PackedLevels(std::string_view bytes, unsigned width) : bytes_(bytes), width_(width) {}
  [[nodiscard]] std::optional<std::uint32_t> next();

 private:
  std::string_view bytes_;
  unsigned width_ = 0;
  std::uint64_t bit_ = 0;
};

}  // namespace rosa::data::parquet
