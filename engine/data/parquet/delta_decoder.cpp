// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/delta_decoder.h"

#include <algorithm>

#include "data/parquet/bits.h"

namespace rosa::data::parquet {
namespace {

constexpr unsigned kLargestWidth = 64;

}  // namespace

Expected<DeltaDecoder> DeltaDecoder::open(std::string_view bytes) {
  DeltaDecoder decoder;
  decoder.bytes_ = bytes;
  const auto block = readVarint(bytes, decoder.at_);
  const auto miniblocks = block ? readVarint(bytes, decoder.at_) : std::nullopt;
  const auto count = miniblocks ? readVarint(bytes, decoder.at_) : std::nullopt;
  const auto first = count ? readVarint(bytes, decoder.at_) : std::nullopt;
  if (!first) return Error{"a page of differences ends in its head"};
  constexpr std::uint64_t kLargestBlock = std::uint64_t{1} << 31U;
  const bool sound = *miniblocks > 0 && *block <= kLargestBlock && *block % *miniblocks == 0 &&
                     *block / *miniblocks >= 8 && *block / *miniblocks % 8 == 0 && *count <= kLargestBlock;
  if (!sound) return Error{"a page of differences has blocks of an impossible size"};
  decoder.perMiniblock_ = *block / *miniblocks;
  decoder.miniblocks_ = *miniblocks;
  decoder.miniblock_ = *miniblocks;
  decoder.inMiniblock_ = decoder.perMiniblock_;
  decoder.count_ = *count;
  decoder.left_ = *count;
  decoder.value_ = static_cast<std::uint64_t>(fromZigZag(*first));
  return decoder;
}

Expected<std::size_t> DeltaDecoder::size() const {
  DeltaDecoder walker = *this;
  std::uint64_t left = count_ > 0 ? count_ - 1 : 0;
  while (left > 0) {
    if ((walker.miniblock_ == miniblocks_ && !walker.nextBlock()) || !walker.nextMiniblock()) {
      return Error{"a page of differences ends early"};
    }
    left -= std::min(left, perMiniblock_);
  }
  return walker.at_;
}

std::optional<std::int64_t> DeltaDecoder::next() {
  if (left_ == 0) return std::nullopt;
  --left_;
  if (first_) {
    first_ = false;
    return static_cast<std::int64_t>(value_);
  }
  if (inMiniblock_ == perMiniblock_) {
    if (miniblock_ == miniblocks_ && !nextBlock()) return std::nullopt;
    if (!nextMiniblock()) return std::nullopt;
  }
  const auto difference = bitsAt(packed_, inMiniblock_ * width_, width_);
  ++inMiniblock_;
  if (!difference) return std::nullopt;
  value_ += smallest_ + *difference;
  return static_cast<std::int64_t>(value_);
}

bool DeltaDecoder::nextBlock() {
  const auto smallest = readVarint(bytes_, at_);
  if (!smallest || miniblocks_ > bytes_.size() - at_) return false;
  smallest_ = static_cast<std::uint64_t>(fromZigZag(*smallest));
  widths_ = bytes_.substr(at_, miniblocks_);
  at_ += miniblocks_;
  miniblock_ = 0;
  return true;
}

bool DeltaDecoder::nextMiniblock() {
  width_ = static_cast<std::uint8_t>(widths_[miniblock_++]);
  if (width_ > kLargestWidth) return false;
  const std::uint64_t size = perMiniblock_ / 8 * width_;
  if (size > bytes_.size() - at_) return false;
  packed_ = bytes_.substr(at_, size);
  at_ += size;
  inMiniblock_ = 0;
  return true;
}

}  // namespace rosa::data::parquet
