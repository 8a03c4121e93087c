// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/clock.h"

#include <gtest/gtest.h>

namespace rosa::base {
namespace {

using namespace std::chrono;

TEST(ClockTest, WritesUtcToTheSecond) {
  EXPECT_EQ(formatUtc(sys_days{2025y / 3 / 14} + 9h + 26min + 53s + 999ms), "2025-03-14T09:26:53Z");
  EXPECT_EQ(formatUtc(sys_days{2024y / 2 / 29}), "2024-02-29T00:00:00Z");
  EXPECT_EQ(formatUtc(sys_days{1969y / 12 / 31} + 23h + 59min + 59s), "1969-12-31T23:59:59Z");
}

TEST(ClockTest, TheStopwatchDoesNotGoBack) {
  const auto before = Clock::real().elapsed();
  EXPECT_GE(Clock::real().elapsed(), before);
  EXPECT_GT(Clock::real().now(), sys_days{2024y / 1 / 1});
}

}  // namespace
}  // namespace rosa::base
