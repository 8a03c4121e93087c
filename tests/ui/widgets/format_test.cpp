// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/format.h"

#include <gtest/gtest.h>

namespace rosa::ui {
namespace {

TEST(FormatRate, WritesOrdinaryNumbersAsOneDoes) {
  EXPECT_EQ(formatRate(0), QStringLiteral("0"));
  EXPECT_EQ(formatRate(0.002), QStringLiteral("2e-3"));
  EXPECT_EQ(formatRate(1.21e-3), QStringLiteral("1.21e-3"));
  EXPECT_EQ(formatRate(9.784), QStringLiteral("9.78"));
  EXPECT_EQ(formatRate(0.5), QStringLiteral("0.5"));
  EXPECT_EQ(formatRate(123.4), QStringLiteral("123"));
  EXPECT_EQ(formatRate(1e9), QStringLiteral("1e9"));
}

TEST(FormatShare, HasNoEmptyDecimal) {
  EXPECT_EQ(formatShare(0.05), QStringLiteral("5 %"));
  EXPECT_EQ(formatShare(0.029), QStringLiteral("2.9 %"));
  EXPECT_EQ(formatShare(0.18), QStringLiteral("18 %"));
  EXPECT_EQ(formatShare(0), QStringLiteral("0 %"));
}

TEST(FormatBytes, OneUnitForOneSize) {
  constexpr std::int64_t kMebi = 1024 * 1024;
  EXPECT_EQ(formatBytes(1066112), QStringLiteral("1.0 MiB"));
  EXPECT_EQ(formatBytes(374 * kMebi + kMebi * 4 / 10), QStringLiteral("0.37 GiB"));
  EXPECT_EQ(formatBytes(24064 * kMebi), QStringLiteral("23.5 GiB"));
  EXPECT_EQ(formatBytes(1102 * 1024 * kMebi), QStringLiteral("1.08 TiB"));
}

}  // namespace
}  // namespace rosa::ui
