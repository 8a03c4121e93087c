// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/checked.h"

#include <gtest/gtest.h>

#include <limits>

namespace rosa::base {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

TEST(CheckedTest, ComputesWhatFits) {
  EXPECT_EQ((Checked(6) * 7 + 8).value(), 50U);
  EXPECT_EQ((Checked(kMost) * 1 + 0).value(), kMost);
}

TEST(CheckedTest, RemembersAnOverflowForGood) {
  EXPECT_FALSE((Checked(kMost) + 1).value());
  EXPECT_FALSE((Checked(std::uint64_t{1} << 32) * (std::uint64_t{1} << 32)).value());
  // 2^62 * 4 + 16 wraps to 16, and times zero to 0.
  EXPECT_FALSE((Checked(std::uint64_t{1} << 62) * 4 + 16).value());
  EXPECT_FALSE((Checked(kMost) * 2 * 0).value());
}

}  // namespace
}  // namespace rosa::base
