// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "rosa/engine.h"
#include "rosa/home.h"
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
  const Variable config("XDG_CONFIG_HOME", "/nowhere");
  const Variable user("HOME", GetParam().home);
  EXPECT_EQ(rosaHome(), GetParam().expected);
}

TEST(Home, IsAbsoluteWithoutAnyVariable) {
  const Variable rosa("ROSA_HOME", std::nullopt);
  const Variable data("XDG_DATA_HOME", std::nullopt);
  const Variable config("XDG_CONFIG_HOME", std::nullopt);
  const Variable user("HOME", std::nullopt);
  EXPECT_TRUE(rosaHome().is_absolute()) << rosaHome();
}

class ChosenHome : public testing::Test {
 protected:
  test::TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
  Variable rosa_{"ROSA_HOME", std::nullopt};
  Variable data_{"XDG_DATA_HOME", "/xdg"};
  Variable config_{"XDG_CONFIG_HOME", (folder_ / "config").string()};
};

TEST_F(ChosenHome, HoldsWhereTheVariableIsNotSet) {
  ASSERT_TRUE(chooseRosaHome(folder_ / "a" / ".." / "runs of mine"));
  EXPECT_EQ(rosaHome(), folder_ / "runs of mine");
  EXPECT_TRUE(fs::is_directory(folder_ / "runs of mine"));
  const Variable rosa("ROSA_HOME", "/rosa");
  EXPECT_EQ(rosaHome(), "/rosa");
}

TEST_F(ChosenHome, IsRefusedWhereNothingCanBeWritten) {
  writeText(folder_ / "file", "");
  const auto status = chooseRosaHome(folder_ / "file" / "runs");
  ASSERT_FALSE(status);
  EXPECT_TRUE(status.error().message.find((folder_ / "file" / "runs").string()) != std::string::npos)
      << status.error().message;
  ASSERT_FALSE(chooseRosaHome("runs"));
  EXPECT_EQ(rosaHome(), "/xdg/rosa-studio");
}

TEST_F(ChosenHome, ADamagedChoiceCountsAsNone) {
  fs::create_directories(folder_ / "config" / "rosa-studio");
  for (const std::string& text : {std::string(), std::string("relative\n"), std::string(10000, 'x')}) {
    writeText(folder_ / "config" / "rosa-studio" / "home", text);
    EXPECT_EQ(rosaHome(), "/xdg/rosa-studio");
  }
}

}  // namespace
}  // namespace rosa::store
