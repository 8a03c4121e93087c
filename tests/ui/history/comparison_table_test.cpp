// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/comparison_table.h"

#include <gtest/gtest.h>

#include <QHeaderView>
#include <QSignalSpy>

#include "support/widgets.h"

namespace rosa::ui {
namespace {

class ComparisonTableTest : public ::testing::Test {
 protected:
  ComparisonTableTest() {
    theme_.setMode(Theme::Mode::Light);
    table_.resize(400, 200);
    table_.show();
    ComparisonRow loss;
    loss.label = QStringLiteral("Dev loss");
    loss.values = {QStringLiteral("9.000"), QString(), QStringLiteral("10.000")};
    loss.figures = {9, std::nullopt, 10};
    loss.best = 0;
    ComparisonRow method;
    method.label = QStringLiteral("Method");
    method.values = {QStringLiteral("ROSA"), QStringLiteral("Full"), QStringLiteral("LoRA")};
    method.figures.resize(3);
    table_.setRuns({QStringLiteral("a"), QStringLiteral("b"), QStringLiteral("c")},
                   {{0, false}, {1, false}, {2, false}}, {method, loss});
  }
  [[nodiscard]] QStringList names() const {
    QStringList names;
    for (int line = 0; line < table_.rowCount(); ++line) names << table_.item(line, 0)->text();
    return names;
  }

  Theme theme_;
  ComparisonTable table_{theme_, ComparisonTable::Runs::Down};
};

TEST_F(ComparisonTableTest, SortsByAnyColumnNumbersAsNumbers) {
  table_.sortItems(2, Qt::AscendingOrder);
  EXPECT_EQ(names(), (QStringList{QStringLiteral("a"), QStringLiteral("c"), QStringLiteral("b")}));
  table_.sortItems(1, Qt::AscendingOrder);
  EXPECT_EQ(names(), (QStringList{QStringLiteral("b"), QStringLiteral("c"), QStringLiteral("a")}));
}

TEST_F(ComparisonTableTest, MarksTheBestAndKeepsARunsColour) {
  table_.sortItems(2, Qt::DescendingOrder);
  ASSERT_EQ(names().last(), QStringLiteral("a"));
  EXPECT_TRUE(table_.item(2, 2)->font().weight() >= QFont::DemiBold);
  EXPECT_FALSE(table_.item(1, 2)->font().weight() >= QFont::DemiBold);
  EXPECT_EQ(table_.item(2, 0)->foreground().color(), theme_.colors().runs[0]);
  theme_.setMode(Theme::Mode::Dark);
  EXPECT_EQ(table_.item(2, 0)->foreground().color(), theme_.colors().runs[0]);
}

TEST_F(ComparisonTableTest, AClickPicksTheRunOfTheLine) {
  const QSignalSpy picked(&table_, &ComparisonTable::picked);
  table_.sortItems(1, Qt::AscendingOrder);
  QTest::mouseClick(table_.viewport(), Qt::LeftButton, {}, table_.visualItemRect(table_.item(0, 0)).center());
  ASSERT_EQ(picked.count(), 1);
  EXPECT_EQ(picked.at(0).at(0).toInt(), 1) << "Full stands first, and is the second run";
}

}  // namespace
}  // namespace rosa::ui
