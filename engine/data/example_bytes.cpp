// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/example_bytes.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace rosa::data {
namespace {

constexpr std::uint32_t kTruncated = 1, kSegments = 2, kTargets = 4;
constexpr std::uint32_t kShifted = 8;  ///< each token's target is the next token, the last one has none
constexpr std::uint32_t kLengthBits = 4;
constexpr std::size_t kMostTokens = std::numeric_limits<std::uint32_t>::max() >> kLengthBits;
constexpr std::uint64_t kMost32 = std::numeric_limits<std::int32_t>::max();

/// What stands before an example's tokens, as it lies in memory (data/packed_bytes.h).
struct Header {
  std::int32_t targetCount = 0, promptTokens = 0, label = 0;
  float value = 0;
};

bool isShifted(const Example& example) {
  const auto& ids = example.tokenIds;
  const auto& targets = example.targets;
  return !ids.empty() && targets.size() == ids.size() && targets.back() == kNoTarget &&
         std::equal(ids.begin() + 1, ids.end(), targets.begin());
}

void append(std::vector<std::byte>& bytes, std::span<const std::byte> more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

}  // namespace

std::optional<std::uint32_t> numberOfExample(const Example& example) {
  const auto count = example.tokenIds.size();
  const auto fits = [&](const std::vector<std::int32_t>& ids) { return ids.empty() || ids.size() == count; };
  const auto small = [](std::int64_t value) { return value >= 0 && static_cast<std::uint64_t>(value) <= kMost32; };
  if (count > kMostTokens || !fits(example.segmentIds) || !fits(example.targets) || !small(example.targetCount) ||
      !small(example.promptTokens) || !small(example.label)) {
    return std::nullopt;
  }
  auto number = static_cast<std::uint32_t>(count) << kLengthBits;
  if (example.truncated) number |= kTruncated;
  if (!example.segmentIds.empty()) number |= kSegments;
  if (isShifted(example)) {
    number |= kShifted;
  } else if (!example.targets.empty()) {
    number |= kTargets;
  }
  return number;
}

std::uint32_t tokensOfExample(std::uint32_t number) {
  return number >> kLengthBits;
}

std::uint64_t sizeOfExample(std::uint32_t number) {
  const std::uint64_t rows = 1U + ((number & kSegments) != 0 ? 1U : 0U) + ((number & kTargets) != 0 ? 1U : 0U);
  return sizeof(Header) + rows * tokensOfExample(number) * sizeof(std::int32_t);
}

void appendExample(std::vector<std::byte>& bytes, const Example& example, std::uint32_t number) {
  const Header header{static_cast<std::int32_t>(example.targetCount), static_cast<std::int32_t>(example.promptTokens),
                      static_cast<std::int32_t>(example.label), example.value};
  append(bytes, std::as_bytes(std::span(&header, 1)));
  append(bytes, std::as_bytes(std::span(example.tokenIds)));
  append(bytes, std::as_bytes(std::span(example.segmentIds)));
  if ((number & kTargets) != 0) append(bytes, std::as_bytes(std::span(example.targets)));
}

Example exampleFrom(std::span<const std::byte> bytes, std::uint32_t number) {
  Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  bytes = bytes.subspan(sizeof header);
  Example example;
  example.targetCount = header.targetCount;
  example.promptTokens = header.promptTokens;
  example.label = header.label;
  example.value = header.value;
  example.truncated = (number & kTruncated) != 0;
  const auto take = [&](std::vector<std::int32_t>& ids) {
    ids.resize(tokensOfExample(number));
    std::memcpy(ids.data(), bytes.data(), ids.size() * sizeof(std::int32_t));
    bytes = bytes.subspan(ids.size() * sizeof(std::int32_t));
  };
  take(example.tokenIds);
  if ((number & kSegments) != 0) take(example.segmentIds);
  if ((number & kTargets) != 0) take(example.targets);
  if ((number & kShifted) != 0 && !example.tokenIds.empty()) {
    example.targets.assign(example.tokenIds.begin() + 1, example.tokenIds.end());
    example.targets.push_back(kNoTarget);
  }
  return example;
}

}  // namespace rosa::data
