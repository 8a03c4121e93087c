// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/hybrid_decoder.h"

#include <algorithm>
#include <cstring>

#include "data/parquet/bits.h"

namespace rosa::data::parquet {

std::optional<std::uint32_t> HybridDecoder::next() {
  while (left_ == 0) {
    if (!nextRun()) return std::nullopt;
  }
  --left_;
  if (!packed_) return repeated_;
  const auto value = bitsAt(group_, bit_, width_);
  bit_ += width_;
  if (!value) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

bool HybridDecoder::nextRun() {
  const auto head = readVarint(bytes_, at_);
  if (!head || *head >> 32U != 0) return false;
  packed_ = (*head & 1U) != 0;
  const std::uint64_t count = *head >> 1U;
  if (packed_) {
    left_ = count * 8;
    // The last run of a page need not be filled up.
    const std::size_t size = std::min<std::uint64_t>(count * width_, bytes_.size() - at_);
    group_ = bytes_.substr(at_, size);
    bit_ = 0;
    at_ += size;
    return true;
  }
  const std::size_t size = (width_ + 7) / 8;
  if (size > bytes_.size() - at_) return false;
  repeated_ = 0;
  std::memcpy(&repeated_, bytes_.data() + at_, size);
  at_ += size;
  left_ = count;
  return true;
}

std::optional<std::uint32_t> PackedLevels::next() {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < width_; ++i, ++bit_) {
    if (bit_ / 8 >= bytes_.size()) return std::nullopt;
    const auto byte = static_cast<std::uint8_t>(bytes_[bit_ / 8]);
    value = (value << 1U) | ((byte >> (7 - bit_ % 8)) & 1U);
  }
  return value;
}

}  // namespace rosa::data::parquet
