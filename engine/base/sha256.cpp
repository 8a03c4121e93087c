// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/sha256.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace rosa::base {
namespace {

constexpr std::size_t kBlock = 64;

/// First 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
alignas(16) constexpr std::array<std::uint32_t, 64> kRoundConstants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

using State = std::array<std::uint32_t, 8>;

std::uint32_t bigEndian(const std::byte* bytes) {
  return std::to_integer<std::uint32_t>(bytes[0]) << 24 | std::to_integer<std::uint32_t>(bytes[1]) << 16 |
         std::to_integer<std::uint32_t>(bytes[2]) << 8 | std::to_integer<std::uint32_t>(bytes[3]);
}

/// FIPS 180-4, 6.2.2.
void compressPortable(State& state, std::span<const std::byte> blocks) {
  for (; blocks.size() >= kBlock; blocks = blocks.subspan(kBlock)) {
    std::array<std::uint32_t, 64> w;
    for (std::size_t t = 0; t < 16; ++t) w[t] = bigEndian(blocks.data() + 4 * t);
    for (std::size_t t = 16; t < 64; ++t) {
      const std::uint32_t s0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3);
      const std::uint32_t s1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10);
      w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (std::size_t t = 0; t < 64; ++t) {
      const std::uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
      const std::uint32_t choice = (e & f) ^ (~e & g);
      const std::uint32_t t1 = h + s1 + choice + kRoundConstants[t] + w[t];
      const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
      const std::uint32_t majority = (a & b) ^ (a & c) ^ (b & c);
      h = g;
      g = f;
      f = e;
      e = d + t1;
      d = c;
      c = b;
      b = a;
      a = t1 + s0 + majority;
    }
    const State worked = {a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < state.size(); ++i) state[i] += worked[i];
  }
}

#if defined(__x86_64__)
bool cpuHasSha() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr unsigned kShaBit = 1U << 29;
  return __builtin_cpu_supports("sse4.1") != 0 && __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 &&
         (ebx & kShaBit) != 0;
}

/// The same rounds, four at a time. The instructions want the state as the two words (a, b, e, f) and (c, d, g, h).
__attribute__((target("sha,sse4.1"))) void compressSha(State& state, std::span<const std::byte> blocks) {
  const auto lanes = [](std::uint32_t high, std::uint32_t b, std::uint32_t c, std::uint32_t low) {
    return _mm_set_epi32(static_cast<int>(high), static_cast<int>(b), static_cast<int>(c), static_cast<int>(low));
  };
  const __m128i toBigEndian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i abef = lanes(state[0], state[1], state[4], state[5]);
  __m128i cdgh = lanes(state[2], state[3], state[6], state[7]);

  for (; blocks.size() >= kBlock; blocks = blocks.subspan(kBlock)) {
    const __m128i abefBefore = abef;
    const __m128i cdghBefore = cdgh;
    __m128i w[4];  // the last 16 words of the message schedule, oldest first
    for (std::size_t group = 0; group < 16; ++group) {
      __m128i& current = w[group % 4];
      if (group < 4) {
        const auto* words = reinterpret_cast<const __m128i*>(blocks.data()) + group;
        current = _mm_shuffle_epi8(_mm_loadu_si128(words), toBigEndian);
      } else {
        const __m128i previous = w[(group + 3) % 4];
        const __m128i sevenBack = _mm_alignr_epi8(previous, w[(group + 2) % 4], 4);
        const __m128i partial = _mm_add_epi32(_mm_sha256msg1_epu32(current, w[(group + 1) % 4]), sevenBack);
        current = _mm_sha256msg2_epu32(partial, previous);
      }
      const auto* constants = reinterpret_cast<const __m128i*>(kRoundConstants.data()) + group;
      const __m128i sum = _mm_add_epi32(current, _mm_load_si128(constants));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
    }
    abef = _mm_add_epi32(abef, abefBefore);
    cdgh = _mm_add_epi32(cdgh, cdghBefore);
  }

  alignas(16) std::array<std::uint32_t, 4> feba;
  alignas(16) std::array<std::uint32_t, 4> hgdc;
  _mm_store_si128(reinterpret_cast<__m128i*>(feba.data()), abef);
  _mm_store_si128(reinterpret_cast<__m128i*>(hgdc.data()), cdgh);
  state = {feba[3], feba[2], hgdc[3], hgdc[2], feba[1], feba[0], hgdc[1], hgdc[0]};
}
#endif

}  // namespace

void Sha256::compress(std::span<const std::byte> blocks) {
#if defined(__x86_64__)
  static const bool hasSha = cpuHasSha();
  if (hasSha && implementation_ == Implementation::Fastest) {
    compressSha(state_, blocks);
    return;
  }
#endif
  compressPortable(state_, blocks);
}

void Sha256::update(std::span<const std::byte> bytes) {
  const std::size_t held = total_ % kBlock;
  total_ += bytes.size();
  if (held > 0) {
    const std::size_t taken = std::min(bytes.size(), kBlock - held);
    std::ranges::copy(bytes.first(taken), pending_.begin() + static_cast<std::ptrdiff_t>(held));
    bytes = bytes.subspan(taken);
    if (held + taken < kBlock) return;
    compress(pending_);
  }
  const std::size_t whole = bytes.size() - bytes.size() % kBlock;
  compress(bytes.first(whole));
  std::ranges::copy(bytes.subspan(whole), pending_.begin());
}

std::string Sha256::finish() {
  const std::uint64_t bits = total_ * 8;
  // A one bit, zeros up to 8 bytes before the end of a block, and the length in bits.
  std::array<std::byte, 2 * kBlock> tail{std::byte{0x80}};
  const std::size_t zeros = (kBlock + 55 - total_ % kBlock) % kBlock;
  for (std::size_t i = 0; i < 8; ++i) tail[1 + zeros + i] = static_cast<std::byte>(bits >> (56 - 8 * i) & 0xFF);
  update(std::span(tail).first(1 + zeros + 8));

  std::string text;
  for (const std::uint32_t word : state_) text += fmt::format("{:08x}", word);
  return text;
}

FileDigest digestText(std::string_view text) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return {hash.finish(), text.size()};
}

Expected<FileDigest> digestFile(FileSystem& files, const std::filesystem::path& path,
                                const std::function<bool(double)>& goOn) {
  constexpr std::uint64_t kPiece = 1 << 20;
  ROSA_TRY(const auto file, files.open(path));
  Sha256 hash;
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min(kPiece, file->size())));
  for (std::uint64_t offset = 0; offset < file->size(); offset += buffer.size()) {
    const auto piece = std::span(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), file->size() - offset)));
    ROSA_CHECK(file->readAt(offset, piece));
    hash.update(piece);
    if (goOn && !goOn(static_cast<double>(offset) / static_cast<double>(file->size()))) {
      return Error{fmt::format("{} was not read to its end, as was asked for.", printable(path.native()))};
    }
  }
  return FileDigest{hash.finish(), file->size()};
}

}  // namespace rosa::base
