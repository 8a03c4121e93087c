// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/navigation_rail.h"

#include <gtest/gtest.h>

#include <QSignalSpy>

#include "support/widgets.h"

namespace rosa::ui {
namespace {

class NavigationRailTest : public ::testing::Test {
 protected:
  NavigationRailTest() {
    rail_.addPlace(QStringLiteral("configure"), QStringLiteral("Configure"), {});
    rail_.addPlace(QStringLiteral("run"), QStringLiteral("Run"), {});
    rail_.addStretch();
    rail_.addPlace(QStringLiteral("settings"), QStringLiteral("Settings"), {});
    rail_.resize(rail_.sizeHint().width(), 600);
    rail_.show();
  }

  Theme theme_;
  NavigationRail rail_{theme_};
};

TEST_F(NavigationRailTest, HasOnePlaceOnAtATime) {
  rail_.setCurrent(0);
  const QSignalSpy spy(&rail_, &NavigationRail::currentChanged);
  ASSERT_TRUE(test::click(rail_, QStringLiteral("Settings")));
  EXPECT_EQ(rail_.current(), 2);
  ASSERT_EQ(spy.count(), 1);
  EXPECT_EQ(spy.at(0).at(0).toInt(), 2);
  ASSERT_TRUE(test::click(rail_, QStringLiteral("Settings")));
  EXPECT_EQ(rail_.current(), 2) << "a second click must not switch it off";
}

TEST_F(NavigationRailTest, PutsTheLastPlaceAtTheFoot) {
  auto* run = test::findVisible<QAbstractButton>(rail_, QStringLiteral("Run"));
  auto* settings = test::findVisible<QAbstractButton>(rail_, QStringLiteral("Settings"));
  EXPECT_LT(run->geometry().bottom(), 200);
  EXPECT_GT(settings->geometry().top(), 500);
}

}  // namespace
}  // namespace rosa::ui
