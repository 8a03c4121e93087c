// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "rosa/expected.h"

namespace rosa::data::parquet {

/// Whole numbers as differences, bit-packed in blocks above each block's smallest (Parquet's DELTA_BINARY_PACKED).
/// Decodes one number at a time. 32-bit columns take the low half: sums wrap as the format says.
class DeltaDecoder {
 public:
  /// Reads the head; `bytes` may go on behind the numbers and must outlive the decoder.
  [[nodiscard]] static Expected<DeltaDecoder> open(std::string_view bytes);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// The bytes that all numbers take, found from the blocks' heads.
  [[nodiscard]] Expected<std::size_t> size() const;
  /// Nothing behind the last number, or where the bytes end.
  [[nodiscard]] std::optional<std::int64_t> next();

 private:
  [[nodiscard]] bool nextBlock();
  [[nodiscard]] bool nextMiniblock();

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::uint64_t perMiniblock_ = 0;
  std::uint64_t miniblocks_ = 0;  ///< in a block
  std::uint64_t count_ = 0;
  std::uint64_t left_ = 0;       ///< numbers not handed out yet
  bool first_ = true;            ///< the first number stands in the head
  std::uint64_t value_ = 0;      ///< the number before
  std::uint64_t smallest_ = 0;   ///< difference of the block
  std::string_view widths_;      ///< of the block's miniblocks, one byte each
  std::uint64_t miniblock_ = 0;  ///< in the block, of the next one
  std::string_view packed_;      ///< the miniblock
  unsigned width_ = 0;
  std::uint64_t inMiniblock_ = 0;  ///< numbers of it handed out
};

}  // namespace rosa::data::parquet
