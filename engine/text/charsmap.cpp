// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/charsmap.h"

#include <cstddef>
#include <utility>

namespace rosa::text {
namespace {

/// None where the text is not base64 (RFC 4648, section 4).
std::optional<std::string> fromBase64Text(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    std::uint32_t value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<std::uint32_t>(c - 'a' + 26);
    } else if (c >= '0' && c <= '9') {
      value = static_cast<std::uint32_t>(c - '0' + 52);
    } else if (c == '+' || c == '/') {
      value = c == '+' ? 62 : 63;
    } else {
      return std::nullopt;
    }
    bits = (bits << 6) | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(static_cast<unsigned char>((bits >> count) & 0xFF));
    }
  }
  return bytes;
}

std::uint32_t unitAt(std::string_view bytes, std::size_t place) {
  std::uint32_t unit = 0;
  for (std::size_t i = 0; i < 4; ++i)
    unit |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[place + i])) << (8 * i);
  return unit;
}

// A unit of the trie: bits 0-7 its label (with bit 31), bit 8 whether a text ends at it, bits 10-30 the distance to its
// children, in blocks of 256 where bit 9 is set. A value has bit 31 set.
std::size_t childrenOf(std::uint32_t unit) {
  return static_cast<std::size_t>(unit >> 10) << ((unit & 0x200U) >> 6);
}
bool endsText(std::uint32_t unit) {
  return (unit & 0x100U) != 0;
}
std::uint32_t labelOf(std::uint32_t unit) {
  return unit & 0x800000FFU;
}
std::size_t valueOf(std::uint32_t unit) {
  return unit & 0x7FFFFFFFU;
}

}  // namespace

Expected<Charsmap> Charsmap::fromBase64(std::string_view base64) {
  constexpr const char* kBroken =
      "normalizer.precompiled_charsmap is not a table that SentencePiece writes. Fetch tokenizer.json again.";
  const auto bytes = fromBase64Text(base64);
  constexpr std::size_t kHead = 4;
  if (!bytes || bytes->size() < kHead) return Error{kBroken};
  const std::size_t size = unitAt(*bytes, 0);
  if (size == 0 || size % 4 != 0 || size > bytes->size() - kHead) return Error{kBroken};
  Charsmap map;
  map.units_.reserve(size / 4);
  for (std::size_t at = 0; at < size; at += 4) map.units_.push_back(unitAt(*bytes, kHead + at));
  map.replacements_ = bytes->substr(kHead + size);
  return map;
}

std::optional<std::string_view> Charsmap::find(std::string_view utf8) const {
  std::size_t place = childrenOf(units_[0]);
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    place ^= byte;
    if (byte == 0 || place >= units_.size() || labelOf(units_[place]) != byte) return std::nullopt;
    const auto unit = units_[place];
    place ^= childrenOf(unit);
    if (!endsText(unit)) continue;
    if (place >= units_.size() || valueOf(units_[place]) > replacements_.size()) return std::nullopt;
    const auto rest = std::string_view(replacements_).substr(valueOf(units_[place]));
    return rest.substr(0, rest.find('\0'));
  }
  return std::nullopt;
}

}  // namespace rosa::text
