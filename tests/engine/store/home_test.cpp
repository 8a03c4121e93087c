// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "rosa/engine.h"
#include "store_fixture.h"

namespace rosa::store {
namespace {

struct HomeCase {
  std::optional<std::string> rosaHome, xdgDataHome, home;
  std::string expected;
};

class HomeTest : public testing::TestWithParam<HomeCase> {};
INSTANTIATE_TEST_SUITE_P(
    Variables, HomeTest,
    testing::Values(HomeCase{"/rosa", "/xdg", "/home/u", "/rosa"}, HomeCase{"/a/../rosa/", "/xdg", "/home/u", "/rosa"},
                    HomeCase{std::nullopt, "/xdg", "/home/u", "/xdg/rosa-studio"},
                    HomeCase{"", "/xdg", "/home/u", "/xdg/rosa-studio"},
                    HomeCase{std::nullopt, "relative", "/home/u", "/home/u/.local/share/rosa-studio"},
                    HomeCase{std::nullopt, std::nullopt, "/home/u", "/home/u/.local/share/rosa-studio"},
                    HomeCase{"here", std::nullopt, "/home/u", (fs::current_path() / "here").string()}));

TEST_P(HomeTest, FollowsTheVariables) {
  const Variable rosa("ROSA_HOME", GetParam().rosaHome);
  const Variable data("XDG_DATA_HOME", GetParam().xdgDataHome);
  const Variable user("HOME", GetParam().home);
  EXPECT_EQ(rosaHome(), GetParam().expected);
}

TEST(Home, IsAbsoluteWithoutAnyVariable) {
  const Variable rosa("ROSA_HOME", std::nullopt);
  const Variable data("XDG_DATA_HOME", std::nullopt);
  const Variable user("HOME", std::nullopt);
  EXPECT_TRUE(rosaHome().is_absolute()) << rosaHome();
}

}  // namespace
}  // namespace rosa::store
