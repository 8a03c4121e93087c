// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/by_seed.h"

#include <gtest/gtest.h>

namespace rosa::experiment {
namespace {

TEST(BySeedText, IsTheMeanWithItsInterval) {
  EXPECT_EQ(meanText({}), "");
  EXPECT_EQ(meanText({{3, 0.25}}), "0.250 (one seed)");
  // Two values at a distance of 0.2: 12.7062 standard errors of 0.1.
  EXPECT_EQ(meanText({{0, 0.4}, {1, 0.6}}, 2), "0.50 ± 1.27");
}

TEST(BySeedText, ComparesTheSeedsThatBothHave) {
  EXPECT_EQ(differenceText({{0, 1.0}, {1, 5.0}}, {{1, 4.5}, {2, 9.0}}), "0.500 (one seed)");
  EXPECT_EQ(differenceText({{0, 1.0}}, {{1, 2.0}}), "");
}

}  // namespace
}  // namespace rosa::experiment
