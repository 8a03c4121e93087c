// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include "data/examples.h"

namespace rosa::data {

inline void expectSame(const ExampleSet& one, const ExampleSet& other) {
  EXPECT_EQ(one.kind, other.kind);
  EXPECT_EQ(one.truncated, other.truncated);
  EXPECT_EQ(one.lostEnds, other.lostEnds);
  EXPECT_EQ(one.dropped, other.dropped);
  EXPECT_EQ(one.skipped, other.skipped);
  EXPECT_EQ(one.firstFault, other.firstFault);
  EXPECT_EQ(one.endedTurns, other.endedTurns);
  EXPECT_EQ(one.labels.names(), other.labels.names());
  ASSERT_EQ(one.examples.size(), other.examples.size());
  for (std::size_t i = 0; i < one.examples.size(); ++i) {
    const auto a = one.examples[i], b = other.examples[i];
    EXPECT_EQ(a.tokenIds, b.tokenIds) << i;
    EXPECT_EQ(a.segmentIds, b.segmentIds) << i;
    EXPECT_EQ(a.targets, b.targets) << i;
    EXPECT_EQ(a.targetCount, b.targetCount) << i;
    EXPECT_EQ(a.promptTokens, b.promptTokens) << i;
    EXPECT_EQ(a.label, b.label) << i;
    EXPECT_EQ(a.value, b.value) << i;
    EXPECT_EQ(a.truncated, b.truncated) << i;
  }
}

}  // namespace rosa::data
