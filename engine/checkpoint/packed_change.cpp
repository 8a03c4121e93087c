// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/packed_change.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace rosa::checkpoint {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors holds little-endian numbers");

/// Above this a stronger search finds next to nothing in what is left of such numbers.
constexpr int kLevel = 12;
/// Enough to tell which of two is the smaller, in a tenth of the time.
constexpr int kQuickLevel = 1;

/// How the folded differences are laid out: the first byte of what is packed.
enum class Planes : char { Bytes = 0, Bits = 1 };

/// The place of a number among all of its dtype, in order: of negative floating-point numbers the larger bits are the
/// smaller number.
template <typename Word>
Word inOrder(Word bits, bool floating) {
  constexpr Word kSign = static_cast<Word>(Word{1} << (std::numeric_limits<Word>::digits - 1));
  if (!floating) return bits;
  return static_cast<Word>((bits & kSign) != 0 ? ~bits : bits | kSign);
}
template <typename Word>
Word outOfOrder(Word place, bool floating) {
  constexpr Word kSign = static_cast<Word>(Word{1} << (std::numeric_limits<Word>::digits - 1));
  if (!floating) return place;
  return static_cast<Word>((place & kSign) != 0 ? place & ~kSign : ~place);
}

template <typename Word>
Word folded(Word difference) {
  const bool negative = difference >> (std::numeric_limits<Word>::digits - 1) != 0;
  return static_cast<Word>(static_cast<Word>(difference << 1) ^ (negative ? static_cast<Word>(~Word{0}) : Word{0}));
}
template <typename Word>
Word unfolded(Word value) {
  return static_cast<Word>(static_cast<Word>(value >> 1) ^ ((value & 1) != 0 ? static_cast<Word>(~Word{0}) : Word{0}));
}

template <typename Word>
std::vector<Word> asWords(std::span<const std::byte> bytes) {
  std::vector<Word> words(bytes.size() / sizeof(Word));
  if (!words.empty()) std::memcpy(words.data(), bytes.data(), bytes.size());
  return words;
}

template <typename Word>
std::string bytePlanes(const std::vector<Word>& words) {
  std::string planes(words.size() * sizeof(Word), '\0');
  for (std::size_t plane = 0; plane < sizeof(Word); ++plane) {
    char* out = planes.data() + plane * words.size();
    for (std::size_t i = 0; i < words.size(); ++i) out[i] = static_cast<char>(words[i] >> (8 * plane) & 0xFF);
  }
  return planes;
}
template <typename Word>
void fromBytePlanes(std::string_view planes, std::vector<Word>& words) {
  for (std::size_t plane = 0; plane < sizeof(Word); ++plane) {
    const char* in = planes.data() + plane * words.size();
    for (std::size_t i = 0; i < words.size(); ++i) {
      words[i] = static_cast<Word>(
          words[i] | static_cast<Word>(static_cast<Word>(static_cast<unsigned char>(in[i])) << (8 * plane)));
    }
  }
}

constexpr std::size_t bytesOfBits(std::size_t count) {
  return (count + 7) / 8;
}

template <typename Word>
std::string bitPlanes(const std::vector<Word>& words) {
  const std::size_t length = bytesOfBits(words.size());
  std::string planes(length * std::numeric_limits<Word>::digits, '\0');
  for (int bit = 0; bit < std::numeric_limits<Word>::digits; ++bit) {
    char* out = planes.data() + static_cast<std::size_t>(bit) * length;
    for (std::size_t at = 0; at < length; ++at) {
      unsigned byte = 0;
      const std::size_t count = std::min<std::size_t>(8, words.size() - 8 * at);
      for (std::size_t i = 0; i < count; ++i) byte |= static_cast<unsigned>(words[8 * at + i] >> bit & 1) << i;
      out[at] = static_cast<char>(byte);
    }
  }
  return planes;
}
template <typename Word>
void fromBitPlanes(std::string_view planes, std::vector<Word>& words) {
  const std::size_t length = bytesOfBits(words.size());
  for (int bit = 0; bit < std::numeric_limits<Word>::digits; ++bit) {
    const char* in = planes.data() + static_cast<std::size_t>(bit) * length;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto set = static_cast<Word>(static_cast<unsigned char>(in[i / 8]) >> (i % 8) & 1);
      words[i] = static_cast<Word>(words[i] | static_cast<Word>(set << bit));
    }
  }
}

Expected<std::string> compressed(std::string_view plain, int level) {
  const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  if (!context) return Error{"there is no memory to compress"};
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  const std::size_t size = ZSTD_compress2(context.get(), packed.data(), packed.size(), plain.data(), plain.size());
  if (ZSTD_isError(size) != 0U) return Error{fmt::format("zstd could not compress: {}", ZSTD_getErrorName(size))};
  packed.resize(size);
  return packed;
}

/// Folded differences in the layout that seems the smaller.
struct LaidOut {
  Planes planes = Planes::Bytes;
  std::string bytes;
  std::size_t quickSize = 0;
};

template <typename Word>
Expected<LaidOut> layOut(bool floating, std::span<const std::byte> base, std::span<const std::byte> target) {
  auto words = asWords<Word>(target);
  const auto before = asWords<Word>(base);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Word from = before.empty() ? Word{0} : before[i];
    words[i] = folded(static_cast<Word>(inOrder(words[i], floating) - inOrder(from, floating)));
  }
  LaidOut byBytes{Planes::Bytes, bytePlanes(words)}, byBits{Planes::Bits, bitPlanes(words)};
  for (auto* one : {&byBytes, &byBits}) {
    ROSA_TRY(const auto quick, compressed(one->bytes, kQuickLevel));
    one->quickSize = quick.size();
  }
  return byBits.quickSize < byBytes.quickSize ? std::move(byBits) : std::move(byBytes);
}

template <typename Word>
Status applyWords(bool floating, std::string_view packed, std::span<std::byte> numbers) {
  std::vector<Word> change(numbers.size() / sizeof(Word));
  const bool bits = packed.front() == static_cast<char>(Planes::Bits);
  const std::size_t size =
      bits ? bytesOfBits(change.size()) * std::numeric_limits<Word>::digits : change.size() * sizeof(Word);
  ROSA_TRY(const auto planes, unpackBytes(packed.substr(1), size));
  if (planes.size() != size) return Error{"it is of a smaller tensor"};
  if (bits) {
    fromBitPlanes(planes, change);
  } else {
    fromBytePlanes(planes, change);
  }
  auto words = asWords<Word>(numbers);
  for (std::size_t i = 0; i < words.size(); ++i) {
    words[i] = outOfOrder(static_cast<Word>(inOrder(words[i], floating) + unfolded(change[i])), floating);
  }
  if (!words.empty()) std::memcpy(numbers.data(), words.data(), numbers.size());
  return {};
}

/// Calls `work` with a value of the unsigned type that is as wide as the dtype's numbers; bytes stand for the rest.
template <typename Work>
auto withWord(Dtype dtype, Work work) {
  switch (dtypeBits(dtype)) {
    case 16:
      return work(std::uint16_t{});
    case 32:
      return work(std::uint32_t{});
    case 64:
      return work(std::uint64_t{});
    default:
      return work(std::uint8_t{});
  }
}

}  // namespace

Expected<std::string> packChange(Dtype dtype, std::span<const std::byte> base, std::span<const std::byte> target) {
  assert(base.empty() || base.size() == target.size());
  ROSA_TRY(const auto laid,
           withWord(dtype, [&](auto word) { return layOut<decltype(word)>(isFloating(dtype), base, target); }));
  ROSA_TRY(const auto packed, packBytes(laid.bytes));
  return std::string(1, static_cast<char>(laid.planes)) + packed;
}

Expected<std::size_t> quickSize(Dtype dtype, std::span<const std::byte> base, std::span<const std::byte> target) {
  ROSA_TRY(const auto laid,
           withWord(dtype, [&](auto word) { return layOut<decltype(word)>(isFloating(dtype), base, target); }));
  return laid.quickSize;
}

Status applyChange(Dtype dtype, std::string_view packed, std::span<std::byte> numbers) {
  if (packed.empty() || static_cast<unsigned char>(packed.front()) > static_cast<unsigned char>(Planes::Bits)) {
    return Error{"it is laid out in a way that is not known here"};
  }
  return withWord(dtype, [&](auto word) { return applyWords<decltype(word)>(isFloating(dtype), packed, numbers); });
}

Expected<std::string> packBytes(std::string_view plain) {
  return compressed(plain, kLevel);
}

Expected<std::string> unpackBytes(std::string_view packed, std::uint64_t most) {
  // What says that the size is not known, or that this is no frame, is larger than any limit.
  const std::uint64_t claimed = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (claimed > most) return Error{"it is no zstd of this size"};
  std::string plain(static_cast<std::size_t>(claimed), '\0');
  const std::size_t size = ZSTD_decompress(plain.data(), plain.size(), packed.data(), packed.size());
  if (ZSTD_isError(size) != 0U || size != claimed) return Error{"it is no sound zstd"};
  return plain;
}

}  // namespace rosa::checkpoint
