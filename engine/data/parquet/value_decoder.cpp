// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/value_decoder.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "data/parquet/bits.h"
#include "data/parquet/delta_decoder.h"
#include "data/parquet/hybrid_decoder.h"

namespace rosa::data::parquet {
namespace {

constexpr std::size_t kLengthBytes = 4;

/// The byte array at `at`, which moves behind it.
std::optional<std::string_view> takeByteArray(std::string_view page, std::size_t& at) {
  if (page.size() - at < kLengthBytes) return std::nullopt;
  const auto size = readLittleEndian<std::uint32_t>(page.substr(at));
  if (size > page.size() - at - kLengthBytes) return std::nullopt;
  at += kLengthBytes + size;
  return page.substr(at - size, size);
}

class PlainByteArrays final : public ValueDecoder {
 public:
  explicit PlainByteArrays(std::string_view page) : page_(page) {}
  std::optional<std::string_view> next() override { return takeByteArray(page_, at_); }

 private:
  std::string_view page_;
  std::size_t at_ = 0;
};

class PlainFixed final : public ValueDecoder {
 public:
  PlainFixed(std::string_view page, std::size_t width) : page_(page), width_(width) {}
  std::optional<std::string_view> next() override {
    if (width_ > page_.size() - at_) return std::nullopt;
    at_ += width_;
    return page_.substr(at_ - width_, width_);
  }

 private:
  std::string_view page_;
  std::size_t width_;
  std::size_t at_ = 0;
};

std::string_view truthValue(bool value) {
  return {value ? "\1" : "\0", 1};
}

class PlainTruths final : public ValueDecoder {
 public:
  explicit PlainTruths(std::string_view page) : page_(page) {}
  std::optional<std::string_view> next() override {
    const auto value = bitsAt(page_, bit_++, 1);
    if (!value) return std::nullopt;
    return truthValue(*value != 0);
  }

 private:
  std::string_view page_;
  std::uint64_t bit_ = 0;
};

class RunTruths final : public ValueDecoder {
 public:
  explicit RunTruths(std::string_view page) : runs_(page, 1) {}
  std::optional<std::string_view> next() override {
    const auto value = runs_.next();
    if (!value) return std::nullopt;
    return truthValue(*value != 0);
  }

 private:
  HybridDecoder runs_;
};

class ByDictionary final : public ValueDecoder {
 public:
  ByDictionary(HybridDecoder indices, const Dictionary& dictionary) : indices_(indices), dictionary_(dictionary) {}
  std::optional<std::string_view> next() override {
    const auto index = indices_.next();
    if (!index) return std::nullopt;
    return dictionary_.at(*index);
  }

 private:
  HybridDecoder indices_;
  const Dictionary& dictionary_;
};

class Differences final : public ValueDecoder {
 public:
  Differences(DeltaDecoder numbers, std::size_t width) : numbers_(numbers), width_(width) {}
  std::optional<std::string_view> next() override {
    const auto value = numbers_.next();
    if (!value) return std::nullopt;
    std::memcpy(bytes_.data(), &*value, bytes_.size());
    return std::string_view(bytes_.data(), width_);
  }

 private:
  DeltaDecoder numbers_;
  std::size_t width_;
  std::array<char, sizeof(std::int64_t)> bytes_{};
};

/// All lengths, then all bytes.
class LengthsFirst final : public ValueDecoder {
 public:
  LengthsFirst(DeltaDecoder lengths, std::string_view bytes) : lengths_(lengths), bytes_(bytes) {}
  std::optional<std::string_view> next() override {
    const auto length = lengths_.next();
    if (!length || *length < 0 || static_cast<std::uint64_t>(*length) > bytes_.size()) return std::nullopt;
    const std::string_view value = bytes_.substr(0, static_cast<std::size_t>(*length));
    bytes_.remove_prefix(value.size());
    return value;
  }

 private:
  DeltaDecoder lengths_;
  std::string_view bytes_;
};

/// Each value begins as the one before does: how many bytes are shared, then the rest.
class SharedPrefixes final : public ValueDecoder {
 public:
  SharedPrefixes(DeltaDecoder shared, LengthsFirst rests, std::size_t width)
      : shared_(shared), rests_(rests), width_(width) {}
  std::optional<std::string_view> next() override {
    const auto shared = shared_.next();
    const auto rest = rests_.next();
    if (!shared || !rest || *shared < 0 || static_cast<std::uint64_t>(*shared) > value_.size()) return std::nullopt;
    value_.resize(static_cast<std::size_t>(*shared));
    value_ += *rest;
    if (width_ != 0 && value_.size() != width_) return std::nullopt;
    return value_;
  }

 private:
  DeltaDecoder shared_;
  LengthsFirst rests_;
  std::size_t width_;  ///< that each value must have; 0: any
  std::string value_;
};

/// First the first bytes of all values, then all second ones, and so on.
class SplitStreams final : public ValueDecoder {
 public:
  SplitStreams(std::string_view page, std::size_t width)
      : page_(page), count_(page.size() / width), value_(width, '\0') {}
  std::optional<std::string_view> next() override {
    if (at_ == count_) return std::nullopt;
    for (std::size_t i = 0; i < value_.size(); ++i) value_[i] = page_[i * count_ + at_];
    ++at_;
    return value_;
  }

 private:
  std::string_view page_;
  std::size_t count_;
  std::size_t at_ = 0;
  std::string value_;
};

using Opened = Expected<std::unique_ptr<ValueDecoder>>;

Error unfit() {
  return Error{"a page of it has an encoding that its type does not have"};
}

Opened openPlain(const Node& leaf, std::string_view page) {
  if (leaf.type == Physical::Boolean) return Opened(std::make_unique<PlainTruths>(page));
  if (leaf.type == Physical::ByteArray) return Opened(std::make_unique<PlainByteArrays>(page));
  return Opened(std::make_unique<PlainFixed>(page, static_cast<std::size_t>(leaf.width)));
}

Opened openRuns(const Node& leaf, std::string_view page) {
  if (leaf.type != Physical::Boolean) return unfit();
  if (page.empty()) return Opened(std::make_unique<RunTruths>(page));
  std::size_t at = 0;
  const auto runs = takeByteArray(page, at);
  if (!runs) return Error{"a page of truth values ends early"};
  return Opened(std::make_unique<RunTruths>(*runs));
}

Opened openIndices(std::string_view page, const Dictionary* dictionary) {
  if (dictionary == nullptr) return Error{"a page of it needs a dictionary that is not there"};
  // A page of nothing but nulls may leave out the width.
  if (page.empty()) return Opened(std::make_unique<ByDictionary>(HybridDecoder(), *dictionary));
  constexpr unsigned kWidestIndex = 32;
  const auto width = static_cast<std::uint8_t>(page.front());
  if (width > kWidestIndex) return Error{"a page of it has an impossible width of its numbers"};
  return Opened(std::make_unique<ByDictionary>(HybridDecoder(page.substr(1), width), *dictionary));
}

Opened openDifferences(const Node& leaf, std::string_view page) {
  if (leaf.type != Physical::Int32 && leaf.type != Physical::Int64) return unfit();
  ROSA_TRY(const DeltaDecoder numbers, DeltaDecoder::open(page));
  return Opened(std::make_unique<Differences>(numbers, static_cast<std::size_t>(leaf.width)));
}

Expected<LengthsFirst> openLengthsFirst(std::string_view page) {
  ROSA_TRY(const DeltaDecoder lengths, DeltaDecoder::open(page));
  ROSA_TRY(const std::size_t size, lengths.size());
  return LengthsFirst(lengths, page.substr(size));
}

Opened openLengths(const Node& leaf, std::string_view page) {
  if (leaf.type != Physical::ByteArray) return unfit();
  ROSA_TRY(const LengthsFirst values, openLengthsFirst(page));
  return Opened(std::make_unique<LengthsFirst>(values));
}

Opened openPrefixes(const Node& leaf, std::string_view page) {
  if (leaf.type != Physical::ByteArray && leaf.type != Physical::FixedBytes) return unfit();
  ROSA_TRY(const DeltaDecoder shared, DeltaDecoder::open(page));
  ROSA_TRY(const std::size_t size, shared.size());
  ROSA_TRY(const LengthsFirst rests, openLengthsFirst(page.substr(size)));
  return Opened(std::make_unique<SharedPrefixes>(shared, rests, static_cast<std::size_t>(leaf.width)));
}

Opened openStreams(const Node& leaf, std::string_view page) {
  const auto width = static_cast<std::size_t>(leaf.width);
  const bool fits = leaf.type != Physical::Boolean && leaf.type != Physical::Int96 && width > 0;
  if (!fits) return unfit();
  if (page.size() % width != 0) return Error{"a page of it has a part of a value"};
  return Opened(std::make_unique<SplitStreams>(page, width));
}

}  // namespace

Expected<Dictionary> Dictionary::open(const Node& leaf, std::string page, std::int64_t count) {
  if (leaf.type == Physical::Boolean) return Error{"it has a dictionary of truth values"};
  const auto size = static_cast<std::uint64_t>(count);
  Dictionary dictionary;
  dictionary.page_ = std::move(page);
  if (leaf.type != Physical::ByteArray) {
    dictionary.width_ = static_cast<std::size_t>(leaf.width);
    if (size > dictionary.page_.size() / dictionary.width_) return Error{"its dictionary ends early"};
    dictionary.page_.resize(size * dictionary.width_);
    return dictionary;
  }
  if (size > dictionary.page_.size() / kLengthBytes) return Error{"its dictionary ends early"};
  dictionary.places_.reserve(size + 1);
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < size; ++i) {
    dictionary.places_.push_back(at);
    if (!takeByteArray(dictionary.page_, at)) return Error{"its dictionary ends early"};
  }
  return dictionary;
}

std::optional<std::string_view> Dictionary::at(std::size_t index) const {
  const std::string_view page = page_;
  if (width_ != 0) {
    if (index >= page.size() / width_) return std::nullopt;
    return page.substr(index * width_, width_);
  }
  if (index >= places_.size()) return std::nullopt;
  std::size_t at = places_[index];
  return takeByteArray(page, at);
}

Expected<std::unique_ptr<ValueDecoder>> openValues(Encoding encoding, const Node& leaf, std::string_view page,
                                                   const Dictionary* dictionary) {
  switch (encoding) {
    case Encoding::Plain:
      return openPlain(leaf, page);
    case Encoding::PlainDictionary:
    case Encoding::RleDictionary:
      return openIndices(page, dictionary);
    case Encoding::Rle:
      return openRuns(leaf, page);
    case Encoding::DeltaBinaryPacked:
      return openDifferences(leaf, page);
    case Encoding::DeltaLengthByteArray:
      return openLengths(leaf, page);
    case Encoding::DeltaByteArray:
      return openPrefixes(leaf, page);
    case Encoding::ByteStreamSplit:
      return openStreams(leaf, page);
    case Encoding::BitPacked:
      break;
  }
  return unfit();
}

}  // namespace rosa::data::parquet
