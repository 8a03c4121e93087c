// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/format.h"

#include <gtest/gtest.h>

namespace rosa::ui {
namespace {

TEST(FormatBytes, OneUnitForOneSize) {
  constexpr std::int64_t kMebi = 1024 * 1024;
  EXPECT_EQ(formatBytes(1066112), QStringLiteral("1.0 MiB"));
  EXPECT_EQ(formatBytes(374 * kMebi + kMebi * 4 / 10), QStringLiteral("0.37 GiB"));
  EXPECT_EQ(formatBytes(24064 * kMebi), QStringLiteral("23.5 GiB"));
  EXPECT_EQ(formatBytes(1102 * 1024 * kMebi), QStringLiteral("1.08 TiB"));
}

}  // namespace
}  // namespace rosa::ui
