// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/record_json.h"

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
          1e-7};
}

TEST(RecordJson, ComesBackAsItWas) {
  const RunRecord record = filled();
  const auto back = recordFromJson(recordToJson(record));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(recordToJson(*back), recordToJson(record));
  EXPECT_EQ(back->name, record.name);
  EXPECT_EQ(back->exportDifference, record.exportDifference);
  EXPECT_EQ(back->metrics, record.metrics);
  EXPECT_EQ(back->sparkline, record.sparkline);
  EXPECT_EQ(back->seed, -1);
  EXPECT_TRUE(back->resumable);
  EXPECT_TRUE(std::isnan(back->lastLoss));
}

TEST(RecordJson, RefusesWhatItDidNotWrite) {
  const std::string right = recordToJson(filled());
  std::string numberAsName("[7");
  numberAsName.append(right, right.find(','), std::string::npos);
  std::string oneMore = right;
  oneMore.pop_back();
  oneMore += ",1]";
  for (const std::string& wrong : {std::string(), std::string("{}"), std::string("[]"),
                                   right.substr(0, right.size() / 2), right + "x", numberAsName, oneMore}) {
    EXPECT_FALSE(recordFromJson(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace rosa::store
