// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/record_bytes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace rosa::store {
namespace {

/// Every member but the directory has a value of its own.
RunRecord filled() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  return {{},
          "someone@gpu1",
          "name \"1\"",
          "model",
          "data",
          "task",
          "method",
          "rank",
          "status",
          "why\nso",
          "started",
          -1,
          2,
          3,
          4,
          5,
          1e-3,
          kNaN,
          {{"loss", 0.1}, {"f1", -kInfinity}},
          6.5,
          7,
          {1.5F, static_cast<float>(kInfinity), 0.1F},
          true,
          "export",
          1e-7,
          8,
          {{"one", "größer"}, "a\nnote"}};
}

TEST(RecordBytes, ComeBackAsTheyWere) {
  const RunRecord record = filled();
  const auto back = recordFromBytes(recordToBytes(record));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(recordToBytes(*back), recordToBytes(record));
  EXPECT_EQ(back->name, record.name);
  EXPECT_EQ(back->exportDifference, record.exportDifference);
  EXPECT_EQ(back->metrics, record.metrics);
  EXPECT_EQ(back->sparkline, record.sparkline);
  EXPECT_EQ(back->seed, -1);
  EXPECT_TRUE(back->resumable);
  EXPECT_TRUE(std::isnan(back->lastLoss));
  EXPECT_EQ(back->diskBytes, 8);
  EXPECT_EQ(back->notes.tags, record.notes.tags);
  EXPECT_EQ(back->notes.note, record.notes.note);
}

TEST(RecordBytes, RefuseWhatWasNotWritten) {
  const std::string right = recordToBytes(filled());
  for (std::size_t length = 0; length < right.size(); ++length) {
    EXPECT_FALSE(recordFromBytes(right.substr(0, length))) << length;
  }
  EXPECT_FALSE(recordFromBytes(right + "x"));
  EXPECT_FALSE(recordFromBytes("rubbish"));
}

TEST(RecordBytes, ADamagedLengthTakesNoMemory) {
  const std::string right = recordToBytes(filled());
  for (std::size_t at = 0; at + 4 <= right.size(); ++at) {
    std::string damaged = right;
    damaged.replace(at, 4, 4, '\xff');
    const auto read = recordFromBytes(damaged);
    if (read) {
      EXPECT_LE(read->sparkline.size(), right.size());
    }
  }
}

}  // namespace
}  // namespace rosa::store
