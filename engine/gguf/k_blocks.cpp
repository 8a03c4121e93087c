// SPDX-License-Identifier: GPL-3.0-or-later
#include "gguf/k_blocks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "gguf/half.h"

namespace rosa::gguf {
namespace {

constexpr int kFourBitMost = 15;
constexpr int kScaleMost = 63;  ///< of Q4_K's scales and offsets
constexpr std::size_t kFourBitGroup = 32;
constexpr std::size_t kFourBitGroups = kLargeBlock / kFourBitGroup;
constexpr std::size_t kSixBitGroup = 16;
constexpr std::size_t kSixBitGroups = kLargeBlock / kSixBitGroup;
constexpr int kSixBitLeast = -32, kSixBitMost = 31;

/// The nearest code. Without a call into the mathematics library, so that loops over it are vectorised.
int codeOf(float x, int least, int most) {
  const float clamped = std::clamp(x, static_cast<float>(least), static_cast<float>(most));
  return static_cast<int>(clamped - static_cast<float>(least) + 0.5F) + least;
}

/// A group of Q4_K: x is about scale·q - offset, neither of them negative.
struct Line {
  float scale = 0, offset = 0;
  float error = 0;  ///< sum of squares
};

/// The sum of term(x) over a group, in eight lanes that the compiler can keep in vectors.
template <typename Term>
float sumOver(std::span<const float> group, Term term) {
  constexpr std::size_t kLanes = 8;
  static_assert(kFourBitGroup % kLanes == 0 && kSixBitGroup % kLanes == 0);
  std::array<float, kLanes> sums{};
  for (std::size_t i = 0; i < group.size(); i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += term(group[i + lane]);
  }
  return std::accumulate(sums.begin(), sums.end(), 0.0F);
}

/// The squared error with the best codes for a line.
float errorOf(std::span<const float> group, float scale, float offset) {
  const float per = scale == 0 ? 0 : 1 / scale;
  return sumOver(group, [=](float x) {
    const float off = scale * static_cast<float>(codeOf((x + offset) * per, 0, kFourBitMost)) - offset - x;
    return off * off;
  });
}

/// The few of many starts that are worth a fit: those of the smallest error, the smallest first.
template <typename Start>
class Best {
 public:
  void offer(const Start& start) {
    if (count_ == kKept && !(start.error < kept_.back().error)) return;
    std::size_t at = count_ < kKept ? count_++ : kKept - 1;
    for (; at > 0 && start.error < kept_[at - 1].error; --at) kept_[at] = kept_[at - 1];
    kept_[at] = start;
  }
  [[nodiscard]] std::span<const Start> all() const { return std::span(kept_).first(count_); }

 private:
  static constexpr std::size_t kKept = 3;
  std::array<Start, kKept> kept_{};
  std::size_t count_ = 0;
};

/// The least-squares line through the codes that a line gives.
Line refitted(std::span<const float> group, const Line& line) {
  const float per = line.scale == 0 ? 0 : 1 / line.scale;
  float sumQ = 0, sumQq = 0, sumX = 0, sumQx = 0;
  for (const float x : group) {
    const auto q = static_cast<float>(codeOf((x + line.offset) * per, 0, kFourBitMost));
    sumQ += q;
    sumQq += q * q;
    sumX += x;
    sumQx += q * x;
  }
  const auto count = static_cast<float>(group.size());
  const float determinant = count * sumQq - sumQ * sumQ;
  Line fitted = line;
  if (determinant > 0) {
    fitted.scale = (count * sumQx - sumQ * sumX) / determinant;
    fitted.offset = (sumQ * sumQx - sumQq * sumX) / determinant;
  }
  if (fitted.offset < 0) {
    fitted.offset = 0;
    fitted.scale = sumQq > 0 ? sumQx / sumQq : 0;
  }
  if (!(fitted.scale > 0)) return line;
  fitted.error = errorOf(group, fitted.scale, fitted.offset);
  return fitted;
}

/// Refits until the error falls no more.
Line settled(std::span<const float> group, Line line) {
  constexpr int kRounds = 4;
  for (int round = 0; round < kRounds; ++round) {
    const auto next = refitted(group, line);
    if (!(next.error < line.error)) break;
    line = next;
  }
  return line;
}

Line bestLine(std::span<const float> group) {
  const auto [least, most] = std::ranges::minmax(group);
  const float low = std::min(least, 0.0F);
  if (!(most > low) || !std::isfinite(kFourBitMost / (most - low))) return {0, -low, 0};
  Best<Line> starts;
  // Steps a little narrower or wider than the range allows: the numbers at its ends are clamped.
  constexpr int kTries = 24;
  for (int i = 0; i <= kTries; ++i) {
    const float steps = static_cast<float>(kFourBitMost) - 3.0F + 0.2F * static_cast<float>(i);
    const float scale = (most - low) / steps;
    starts.offer({scale, -low, errorOf(group, scale, -low)});
  }
  Line best = starts.all().front();
  for (const auto& start : starts.all()) {
    if (const auto line = settled(group, start); line.error < best.error) best = line;
  }
  return best;
}

/// Scale and offset of a group as the block holds them.
struct PackedLine {
  int scale = 0, offset = 0;
};

PackedLine bestPacked(std::span<const float> group, const Line& line, float d, float e) {
  const int scale = d > 0 ? codeOf(line.scale / d, 0, kScaleMost) : 0;
  const int offset = e > 0 ? codeOf(line.offset / e, 0, kScaleMost) : 0;
  PackedLine best{scale, offset};
  float error = errorOf(group, d * static_cast<float>(scale), e * static_cast<float>(offset));
  for (int s = std::max(scale - 1, 0); s <= std::min(scale + 1, kScaleMost); ++s) {
    for (int m = std::max(offset - 2, 0); m <= std::min(offset + 2, kScaleMost); ++m) {
      const float tried = errorOf(group, d * static_cast<float>(s), e * static_cast<float>(m));
      if (tried < error) {
        error = tried;
        best = {s, m};
      }
    }
  }
  return best;
}

/// Twelve bytes hold eight scales and eight offsets of six bits: the first four of each in the low bits of bytes 0-3
/// and 4-7, the last four with their low four bits in bytes 8-11 and their high two above those of the first.
void packLines(std::span<const PackedLine, kFourBitGroups> lines, std::byte* out) {
  constexpr std::size_t kFirst = kFourBitGroups / 2;
  for (std::size_t i = 0; i < kFirst; ++i) {
    const auto& low = lines[i];
    const auto& high = lines[i + kFirst];
    out[i] = static_cast<std::byte>(low.scale | (high.scale >> 4) << 6);
    out[i + kFirst] = static_cast<std::byte>(low.offset | (high.offset >> 4) << 6);
    out[i + 2 * kFirst] = static_cast<std::byte>((high.scale & 15) | (high.offset & 15) << 4);
  }
}
PackedLine unpackLine(const std::byte* packed, std::size_t group) {
  constexpr std::size_t kFirst = kFourBitGroups / 2;
  const auto at = [&](std::size_t i) { return std::to_integer<int>(packed[i]); };
  if (group < kFirst) return {at(group) & 63, at(group + kFirst) & 63};
  const auto i = group - kFirst;
  return {(at(i + 2 * kFirst) & 15) | (at(i) >> 6) << 4, at(i + 2 * kFirst) >> 4 | (at(i + kFirst) >> 6) << 4};
}

/// A group of Q6_K: x is about scale·q.
struct Slope {
  float scale = 0;
  float error = 0;
};

float errorOf(std::span<const float> group, float scale) {
  const float per = scale == 0 ? 0 : 1 / scale;
  return sumOver(group, [=](float x) {
    const float off = scale * static_cast<float>(codeOf(x * per, kSixBitLeast, kSixBitMost)) - x;
    return off * off;
  });
}

/// The least-squares slope through the codes that a slope gives.
Slope refitted(std::span<const float> group, const Slope& slope) {
  const float per = 1 / slope.scale;
  float sumQq = 0, sumQx = 0;
  for (const float x : group) {
    const auto q = static_cast<float>(codeOf(x * per, kSixBitLeast, kSixBitMost));
    sumQq += q * q;
    sumQx += q * x;
  }
  if (!(sumQq > 0) || sumQx == 0) return slope;
  const float fitted = sumQx / sumQq;
  return {fitted, errorOf(group, fitted)};
}

Slope bestSlope(std::span<const float> group) {
  const float farthest = *std::ranges::max_element(group, {}, [](float x) { return std::fabs(x); });
  if (farthest == 0) return {};
  Best<Slope> starts;
  constexpr int kTries = 24;
  for (int i = 0; i <= kTries; ++i) {
    // The number of largest magnitude takes a code about -32: the side with one code more.
    const float scale = farthest / (-30.0F - 0.15F * static_cast<float>(i));
    if (std::isfinite(1 / scale)) starts.offer({scale, errorOf(group, scale)});
  }
  if (starts.all().empty()) return {};
  Slope best = starts.all().front();
  for (const auto& start : starts.all()) {
    if (const auto slope = refitted(group, start); slope.error < best.error) best = slope;
  }
  return best;
}

}  // namespace

void readQ4_K(const std::byte* block, float* out) {
  const float d = fromHalf(loadHalf(block));
  const float e = fromHalf(loadHalf(block + 2));
  const std::byte* const packed = block + 4;
  const std::byte* const codes = block + 16;
  // Two groups share 32 bytes: the first in the low halves.
  for (std::size_t group = 0; group < kFourBitGroups; ++group) {
    const auto line = unpackLine(packed, group);
    const float scale = d * static_cast<float>(line.scale);
    const float offset = e * static_cast<float>(line.offset);
    const unsigned shift = group % 2 == 0 ? 0 : 4;
    for (std::size_t i = 0; i < kFourBitGroup; ++i) {
      const unsigned code = std::to_integer<unsigned>(codes[group / 2 * kFourBitGroup + i]) >> shift & 15;
      out[group * kFourBitGroup + i] = scale * static_cast<float>(code) - offset;
    }
  }
}

void writeQ4_K(std::span<const float> block, std::byte* out) {
  std::array<Line, kFourBitGroups> lines;
  float mostScale = 0, mostOffset = 0;
  for (std::size_t group = 0; group < kFourBitGroups; ++group) {
    lines[group] = bestLine(block.subspan(group * kFourBitGroup, kFourBitGroup));
    mostScale = std::max(mostScale, lines[group].scale);
    mostOffset = std::max(mostOffset, lines[group].offset);
  }
  const auto dBits = toHalf(mostScale / kScaleMost);
  const auto eBits = toHalf(mostOffset / kScaleMost);
  const float d = fromHalf(dBits);
  const float e = fromHalf(eBits);
  storeHalf(out, dBits);
  storeHalf(out + 2, eBits);

  std::array<PackedLine, kFourBitGroups> packed;
  std::fill_n(out + 16, kLargeBlock / 2, std::byte{0});
  for (std::size_t group = 0; group < kFourBitGroups; ++group) {
    const auto numbers = block.subspan(group * kFourBitGroup, kFourBitGroup);
    packed[group] = bestPacked(numbers, lines[group], d, e);
    const float scale = d * static_cast<float>(packed[group].scale);
    const float offset = e * static_cast<float>(packed[group].offset);
    const float per = scale == 0 ? 0 : 1 / scale;
    const unsigned shift = group % 2 == 0 ? 0 : 4;
    for (std::size_t i = 0; i < kFourBitGroup; ++i) {
      const int code = codeOf((numbers[i] + offset) * per, 0, kFourBitMost);
      out[16 + group / 2 * kFourBitGroup + i] |= static_cast<std::byte>(code << shift);
    }
  }
  packLines(packed, out + 4);
}

void readQ6_K(const std::byte* block, float* out) {
  const std::byte* const low = block;
  const std::byte* const high = block + 128;
  const std::byte* const scales = block + 192;
  const float d = fromHalf(loadHalf(block + 208));
  for (std::size_t i = 0; i < kLargeBlock; ++i) {
    // Each half of 128 has four runs of 32: their low four bits two runs to a byte, their high two four to a byte.
    const std::size_t half = i / 128, run = i % 128 / 32, place = i % 32;
    const auto lowBits = std::to_integer<unsigned>(low[half * 64 + run % 2 * 32 + place]) >> (run / 2 * 4) & 15;
    const auto highBits = std::to_integer<unsigned>(high[half * 32 + place]) >> (2 * run) & 3;
    const int code = static_cast<int>(lowBits | highBits << 4) + kSixBitLeast;
    const auto scale = static_cast<float>(static_cast<std::int8_t>(scales[i / kSixBitGroup]));
    out[i] = d * scale * static_cast<float>(code);
  }
}

void writeQ6_K(std::span<const float> block, std::byte* out) {
  std::array<Slope, kSixBitGroups> slopes;
  float farthest = 0;
  for (std::size_t group = 0; group < kSixBitGroups; ++group) {
    slopes[group] = bestSlope(block.subspan(group * kSixBitGroup, kSixBitGroup));
    if (std::fabs(slopes[group].scale) > std::fabs(farthest)) farthest = slopes[group].scale;
  }
  const auto dBits = toHalf(farthest / -128);
  const float d = fromHalf(dBits);
  std::fill_n(out, 208, std::byte{0});
  storeHalf(out + 208, dBits);
  if (d == 0) return;
  for (std::size_t group = 0; group < kSixBitGroups; ++group) {
    const auto numbers = block.subspan(group * kSixBitGroup, kSixBitGroup);
    constexpr int kLeast = -128, kMost = 127, kNear = 2;
    const int about = codeOf(slopes[group].scale / d, kLeast, kMost);
    int best = about;
    float error = errorOf(numbers, d * static_cast<float>(about));
    for (int s = std::max(about - kNear, kLeast); s <= std::min(about + kNear, kMost); ++s) {
      if (const float tried = errorOf(numbers, d * static_cast<float>(s)); tried < error) {
        error = tried;
        best = s;
      }
    }
    out[192 + group] = static_cast<std::byte>(static_cast<std::int8_t>(best));
    const float scale = d * static_cast<float>(best);
    const float per = scale == 0 ? 0 : 1 / scale;
    for (std::size_t i = 0; i < kSixBitGroup; ++i) {
      const auto code = static_cast<unsigned>(codeOf(numbers[i] * per, kSixBitLeast, kSixBitMost) - kSixBitLeast);
      const std::size_t at = group * kSixBitGroup + i;
      const std::size_t half = at / 128, run = at % 128 / 32, place = at % 32;
      out[half * 64 + run % 2 * 32 + place] |= static_cast<std::byte>((code & 15) << (run / 2 * 4));
      out[128 + half * 32 + place] |= static_cast<std::byte>((code >> 4) << (2 * run));
    }
  }
}

}  // namespace rosa::gguf
