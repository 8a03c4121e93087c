// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QLineEdit>

#include "configure_page_fixture.h"
#include "pages/configure/usual_values.h"

/// What the values on the page go back to, and what they follow.
namespace rosa::ui {
namespace {

using test::click;
using test::findVisible;
using test::type;

TEST_F(ConfigurePageTest, ResetGoesBackToWhatWasLoaded) {
  open();
  ASSERT_TRUE(type(page_, QStringLiteral("Rank"), QStringLiteral("2")));
  ASSERT_TRUE(click(page_, QStringLiteral("Reset")));
  EXPECT_EQ(page_.config(), test::sampleConfig());
  EXPECT_EQ(findVisible<QLineEdit>(page_, QStringLiteral("Rank"))->text(), QStringLiteral("8"));
}

TEST_F(ConfigurePageTest, AResetIsUndone) {
  open();
  EXPECT_FALSE(click(page_, QStringLiteral("Reset"))) << "there is nothing to go back from";
  ASSERT_TRUE(type(page_, QStringLiteral("Rank"), QStringLiteral("2")));
  ASSERT_TRUE(type(page_, QStringLiteral("Learning rate"), QStringLiteral("fast")));
  ASSERT_TRUE(click(page_, QStringLiteral("Reset")));
  ASSERT_TRUE(click(page_, QStringLiteral("Undo reset")));
  EXPECT_EQ(findVisible<QLineEdit>(page_, QStringLiteral("Rank"))->text(), QStringLiteral("2"));
  EXPECT_EQ(findVisible<QLineEdit>(page_, QStringLiteral("Learning rate"))->text(), QStringLiteral("fast"));
  ASSERT_TRUE(click(page_, QStringLiteral("Reset")));
  EXPECT_EQ(page_.config(), test::sampleConfig());
}

TEST_F(ConfigurePageTest, WhatIsTypedAfterAResetIsNotUndone) {
  open();
  ASSERT_TRUE(type(page_, QStringLiteral("Rank"), QStringLiteral("2")));
  ASSERT_TRUE(click(page_, QStringLiteral("Reset")));
  ASSERT_TRUE(type(page_, QStringLiteral("Rank"), QStringLiteral("4")));
  EXPECT_EQ(findVisible<QPushButton>(page_, QStringLiteral("Undo reset")), nullptr);
  ASSERT_TRUE(click(page_, QStringLiteral("Reset")));
  EXPECT_EQ(page_.config(), test::sampleConfig());
}

/// A rate for each method, and one batch and length.
RunPlan planWithUsual(const RunConfig& config) {
  RunPlan plan;
  plan.totalSteps = 100;
  const char* rate = config.method == Method::Full ? "2e-05" : config.method == Method::Lora ? "2e-04" : "0.01";
  plan.usual = {{"lr", rate, "a recipe"}, {"batch", "4", "a recipe"}, {"max-length", "512", "the model"}};
  return plan;
}

class UsualValuesTest : public ConfigurePageTest {
 protected:
  UsualValuesTest() { engine_.onPlan = planWithUsual; }
  void openFollowing(const QStringList& following) {
    page_.load(test::sampleConfig(), QStringLiteral("from the sample project"), following);
    page_.show();
    EXPECT_TRUE(settled());
  }
  [[nodiscard]] QString rate() { return findVisible<QLineEdit>(page_, QStringLiteral("Learning rate"))->text(); }
  bool becomes(const QString& text) {
    return QTest::qWaitFor([&] { return rate() == text; });
  }
};

TEST_F(UsualValuesTest, FollowTheMethodUntilSomebodySetsThem) {
  openFollowing(UsualValues::keys());
  EXPECT_EQ(rate(), QStringLiteral("0.002")) << "as loaded";
  EXPECT_TRUE(shows(QStringLiteral("Usual here: rate 0.01, batch 4 (a recipe) · length 512 (the model)")));
  ASSERT_TRUE(click(page_, QStringLiteral("LoRA")));
  EXPECT_TRUE(becomes(QStringLiteral("2e-04")));
  EXPECT_EQ(page_.config().batch, 4);
  EXPECT_EQ(page_.config().maxLength, 512);
  ASSERT_TRUE(click(page_, QStringLiteral("ROSA")));
  EXPECT_TRUE(becomes(QStringLiteral("0.002"))) << "as loaded again";
  ASSERT_TRUE(type(page_, QStringLiteral("Learning rate"), QStringLiteral("0.003")));
  ASSERT_TRUE(click(page_, QStringLiteral("Full")));
  EXPECT_TRUE(QTest::qWaitFor([this] { return page_.config().batch == 4; }));
  EXPECT_EQ(rate(), QStringLiteral("0.003")) << "typed";
  EXPECT_EQ(page_.following(), (QStringList{QStringLiteral("batch"), QStringLiteral("max-length")}));
}

TEST_F(UsualValuesTest, AreOfferedWhereSomebodyChoseOthers) {
  openFollowing({});
  ASSERT_TRUE(click(page_, QStringLiteral("LoRA")));
  ASSERT_TRUE(QTest::qWaitFor([this] { return shows(QStringLiteral("rate 2e-04")); }));
  EXPECT_EQ(rate(), QStringLiteral("0.002"));
  ASSERT_TRUE(click(page_, QStringLiteral("Use these")));
  EXPECT_EQ(rate(), QStringLiteral("2e-04"));
  EXPECT_EQ(page_.config().maxLength, 512);
  EXPECT_EQ(findVisible<QPushButton>(page_, QStringLiteral("Use these")), nullptr);
}

TEST_F(UsualValuesTest, StillFollowAfterAResetWasUndone) {
  openFollowing(UsualValues::keys());
  ASSERT_TRUE(click(page_, QStringLiteral("LoRA")));
  EXPECT_TRUE(becomes(QStringLiteral("2e-04")));
  ASSERT_TRUE(click(page_, QStringLiteral("Reset")));
  EXPECT_EQ(rate(), QStringLiteral("0.002"));
  ASSERT_TRUE(click(page_, QStringLiteral("Undo reset")));
  EXPECT_EQ(rate(), QStringLiteral("2e-04"));
  ASSERT_TRUE(click(page_, QStringLiteral("Full")));
  EXPECT_TRUE(becomes(QStringLiteral("2e-05")));
}

}  // namespace
}  // namespace rosa::ui
