// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "data/example_sink.h"
#include "data/examples.h"
#include "data/read_watch.h"
#include "data/text_blocks.h"
#include "rosa/expected.h"

namespace rosa::data {

/// How long the examples of a file are, and how many: what is left of them where none is kept.
class LengthSink final : public ExampleSink {
 public:
  explicit LengthSink(const MeasureLimits& limits) : limits_(limits) {}

  [[nodiscard]] Status add(Example example) override {
    lengths_.push_back(static_cast<std::int32_t>(example.tokenIds.size()));
    return {};
  }
  [[nodiscard]] Expected<ExampleStore> finish(const ExampleSet& /*facts*/,
                                              std::vector<std::int32_t> /*classes*/) override {
    return ExampleStore();
  }
  /// Of so many tokens of a text.
  void addBlocks(std::size_t tokens, const TextBlocks& blocks) {
    const auto add = [&](std::size_t count, std::size_t length) {
      lengths_.insert(lengths_.end(), count, static_cast<std::int32_t>(length + blocks.frameSize()));
    };
    add(tokens / blocks.room, blocks.room);
    if (const auto rest = blocks.rest(tokens); rest > 0) add(1, rest);
  }
  [[nodiscard]] Status goOn() const {
    if (limits_.giveUp && limits_.giveUp()) return readingGivenUp();
    return {};
  }
  void describe(ExampleFacts& facts) {
    if (lengths_.empty()) return;
    facts.lengths = std::move(lengths_);
    auto sorted = facts.lengths;
    std::ranges::sort(sorted);
    facts.medianTokens = sorted[sorted.size() / 2];
    facts.longestTokens = sorted.back();
  }

 private:
  const MeasureLimits& limits_;
  std::vector<std::int32_t> lengths_;
};

/// A part's count, for the whole.
[[nodiscard]] std::int64_t inProportion(std::int64_t count, std::int64_t whole, std::int64_t part);

}  // namespace rosa::data
