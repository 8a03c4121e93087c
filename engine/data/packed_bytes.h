// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

/// Numbers and lists of them as bytes, one after another, with the lowest byte of each first.
namespace rosa::data {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

constexpr std::uint32_t kBitsInByte = 7, kMoreBit = 1U << kBitsInByte;

template <typename Number>
concept PackedNumber = std::is_arithmetic_v<Number>;

class BytePacker {
 public:
  template <PackedNumber Number>
  void number(Number value) {
    append(std::as_bytes(std::span(&value, 1)));
  }
  /// Their count, as a 64-bit number, and they.
  template <typename Container>
  void values(const Container& all) {
    number(static_cast<std::uint64_t>(all.size()));
    append(std::as_bytes(std::span(all)));
  }
  /// Their count, and they in as few bytes as each takes, seven bits in a byte: numbers that are small as a rule.
  void smallValues(std::span<const std::int32_t> all) {
    number(static_cast<std::uint64_t>(all.size()));
    for (const auto value : all) {
      auto rest = static_cast<std::uint32_t>(value);
      for (; rest >= kMoreBit; rest >>= kBitsInByte) bytes_.push_back(static_cast<std::byte>(rest | kMoreBit));
      bytes_.push_back(static_cast<std::byte>(rest));
    }
  }
  /// For what writes itself.
  [[nodiscard]] std::vector<std::byte>& all() { return bytes_; }

 private:
  void append(std::span<const std::byte> piece) { bytes_.insert(bytes_.end(), piece.begin(), piece.end()); }
  std::vector<std::byte> bytes_;
};

/// Takes from bytes, never more than there are; what is not there is 0 or empty and leaves `good` false.
class ByteUnpacker {
 public:
  explicit ByteUnpacker(std::span<const std::byte> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool atEnd() const { return bytes_.empty(); }
  template <PackedNumber Number>
  Number number() {
    Number value{};
    copy(take(sizeof value), &value);
    return value;
  }
  /// As many as the bytes say, if they have as many.
  template <typename Container>
  void values(Container& wanted) {
    const auto count = number<std::uint64_t>();
    constexpr auto kSize = sizeof(typename Container::value_type);
    good_ = good_ && count <= bytes_.size() / kSize;
    if (!good_) return;
    wanted.resize(static_cast<std::size_t>(count));
    copy(take(wanted.size() * kSize), wanted.data());
  }
  void smallValues(std::vector<std::int32_t>& wanted) {
    const auto count = number<std::uint64_t>();
    good_ = good_ && count <= bytes_.size();
    if (!good_) return;
    wanted.reserve(static_cast<std::size_t>(count));
    while (good_ && wanted.size() < count) wanted.push_back(smallValue());
  }
  /// The next `count` bytes, or none.
  [[nodiscard]] std::span<const std::byte> take(std::uint64_t count) {
    good_ = good_ && count <= bytes_.size();
    if (!good_) return {};
    const auto taken = bytes_.first(static_cast<std::size_t>(count));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }

 private:
  std::int32_t smallValue() {
    std::uint32_t value = 0;
    for (std::uint32_t shift = 0; !bytes_.empty() && shift < 32; shift += kBitsInByte) {
      const auto byte = std::to_integer<std::uint32_t>(bytes_.front());
      bytes_ = bytes_.subspan(1);
      value |= (byte & ~kMoreBit) << shift;
      if ((byte & kMoreBit) == 0) return static_cast<std::int32_t>(value);
    }
    good_ = false;
    return 0;
  }
  static void copy(std::span<const std::byte> from, void* to) {
    if (!from.empty()) std::memcpy(to, from.data(), from.size());
  }

  std::span<const std::byte> bytes_;
  bool good_ = true;
};

}  // namespace rosa::data
