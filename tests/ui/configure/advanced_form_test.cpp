// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/advanced_form.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <set>
#include <string>
#include <vector>

#include "pages/configure/config_draft.h"
#include "support/widgets.h"
#include "widgets/format.h"
#include "widgets/segmented_control.h"

namespace rosa::ui {
namespace {

class AdvancedFormTest : public ::testing::Test {
 protected:
  AdvancedFormTest() { form_.show(); }

  /// Which of these fields can be seen.
  std::set<std::string> shown(const std::vector<std::string>& labels) {
    std::set<std::string> visible;
    for (const auto& label : labels) {
      const auto name = QString::fromStdString(label);
      const bool seen = test::findVisible<QLineEdit>(form_, name) != nullptr ||
                        test::findVisible<QComboBox>(form_, name) != nullptr ||
                        test::findVisible<QAbstractButton>(form_, name) != nullptr;
      if (seen) visible.insert(label);
    }
    return visible;
  }

  ConfigDraft draft_;
  AdvancedForm form_{draft_};
};

using Names = std::set<std::string>;

TEST_F(AdvancedFormTest, AScheduleShowsWhatItReads) {
  const std::vector<std::string> all = {"Schedule cycles", "Schedule power",     "Schedule minimum", "Warmup shape",
                                        "Schedule decay",  "Schedule timescale", "Decay shape"};
  const std::vector<std::pair<QString, Names>> expected = {
      {QStringLiteral("linear"), {}},
      {QStringLiteral("cosine_with_restarts"), {"Schedule cycles"}},
      {QStringLiteral("polynomial"), {"Schedule power", "Schedule minimum"}},
      {QStringLiteral("inverse_sqrt"), {"Schedule timescale"}},
      {QStringLiteral("cosine_with_min_lr"), {"Schedule minimum"}},
      {QStringLiteral("warmup_stable_decay"), {"Schedule minimum", "Warmup shape", "Schedule decay", "Decay shape"}}};
  for (const auto& [schedule, names] : expected) {
    draft_.set("schedule", schedule);
    EXPECT_EQ(shown(all), names) << schedule.toStdString();
  }
}

TEST_F(AdvancedFormTest, RowsOfTokensAreForTasksThatWriteThem) {
  const std::vector<std::string> all = {"Train rows of tokens"};
  draft_.set("task", QStringLiteral("lm"));
  EXPECT_EQ(shown(all), Names{"Train rows of tokens"});
  draft_.set("task", QStringLiteral("classification"));
  EXPECT_EQ(shown(all), Names{});
}

TEST_F(AdvancedFormTest, SetsAreMixedInLines) {
  auto* lines = test::findVisible<QPlainTextEdit>(form_, QStringLiteral("Mix in"));
  ASSERT_NE(lines, nullptr);
  lines->setPlainText(QStringLiteral("b.jsonl=0.5\nc.parquet=2"));
  EXPECT_EQ(draft_.config().mix, (std::vector<std::string>{"b.jsonl=0.5", "c.parquet=2"}));
}

TEST_F(AdvancedFormTest, AnOptimizerShowsWhatItReads) {
  const std::vector<std::string> all = {"Adam beta1", "Adam beta2", "Epsilon", "Momentum", "Scale parameter"};
  const Names adam = {"Adam beta1", "Adam beta2", "Epsilon"};
  const std::vector<std::pair<QString, Names>> expected = {
      {QStringLiteral("adamw"), adam},
      {QStringLiteral("adam"), adam},
      {QStringLiteral("adamw8bit"), adam},
      {QStringLiteral("sgd"), {"Momentum"}},
      {QStringLiteral("adafactor"), {"Scale parameter"}},
      {QStringLiteral("lion"), {"Adam beta1", "Adam beta2"}},
      {QStringLiteral("muon"), {"Adam beta1", "Adam beta2", "Epsilon", "Momentum"}}};
  for (const auto& [optimizer, names] : expected) {
    draft_.set("optimizer", optimizer);
    EXPECT_EQ(shown(all), names) << optimizer.toStdString();
  }
}

TEST_F(AdvancedFormTest, WhatFollowsEvaluationsGoesWithThem) {
  const std::vector<std::string> all = {"Early stopping", "Keep best", "Label smoothing"};
  EXPECT_EQ(shown(all), Names(all.begin(), all.end()));
  draft_.set("eval-every", QStringLiteral("never"));
  EXPECT_EQ(shown(all), Names{"Label smoothing"});
  draft_.set("task", QStringLiteral("regression"));
  EXPECT_EQ(shown(all), Names{});
}

TEST_F(AdvancedFormTest, ChoicesAreWordsAndTheirSpellingIsInTheToolTip) {
  auto* adapt = test::findVisible<QComboBox>(form_, QStringLiteral("Adapt"));
  ASSERT_NE(adapt, nullptr);
  EXPECT_EQ(adapt->currentText(), QStringLiteral("A and B"));
  EXPECT_EQ(adapt->itemData(0, Qt::ToolTipRole).toString(), QStringLiteral("ab"));
  EXPECT_TRUE(adapt->toolTip().contains(QStringLiteral("adapt: ab"))) << adapt->toolTip().toStdString();
  adapt->setCurrentIndex(1);
  EXPECT_EQ(draft_.config().adapt, AdaptFactors::A);
  EXPECT_TRUE(adapt->toolTip().contains(QStringLiteral("adapt: a\nUnless set: ab"))) << adapt->toolTip().toStdString();
}

TEST_F(AdvancedFormTest, NothingIsAListOfYesAndNo) {
  for (const auto* combo : form_.findChildren<QComboBox*>()) {
    EXPECT_EQ(combo->findData(QStringLiteral("yes")), -1) << combo->accessibleName().toStdString();
  }
  auto* quotes = test::findVisible<SegmentedControl>(form_, QStringLiteral("Quotes"));
  ASSERT_NE(quotes, nullptr);
  EXPECT_EQ(quotes->current(), 0);
  ASSERT_TRUE(test::click(*quotes, QStringLiteral("yes")));
  EXPECT_EQ(draft_.config().quotes, Reading::Yes);
  draft_.put("quotes", QStringLiteral("no"));
  EXPECT_EQ(quotes->current(), 2);
}

TEST_F(AdvancedFormTest, ASearchLeavesTheFieldsThatMatch) {
  const std::vector<std::string> some = {"Adapt", "Optimizer", "Weight decay", "Decay all"};
  EXPECT_EQ(shown(some), Names(some.begin(), some.end()));
  ASSERT_TRUE(test::type(form_, QStringLiteral("Search settings"), QStringLiteral("decay")));
  EXPECT_EQ(shown(some), (Names{"Weight decay", "Decay all"}));
  EXPECT_FALSE(test::visibleText(form_).contains(QStringLiteral("Watching and saving"))) << "an empty group";
  ASSERT_TRUE(test::type(form_, QStringLiteral("Search settings"), QStringLiteral("adamw8bit")));
  EXPECT_EQ(shown(some), Names{"Optimizer"}) << "by the spelling of one of its choices";
  ASSERT_TRUE(test::type(form_, QStringLiteral("Search settings"), QStringLiteral("xyz")));
  EXPECT_EQ(shown(some), Names{});
  EXPECT_TRUE(test::visibleText(form_).contains(QStringLiteral("No setting that this run reads matches “xyz”.")));
  ASSERT_TRUE(test::type(form_, QStringLiteral("Search settings"), QString()));
  EXPECT_EQ(shown(some), Names(some.begin(), some.end()));
}

TEST_F(AdvancedFormTest, WhatDiffersFromTheDefaultIsMarked) {
  const QString mark = QStringLiteral("• Weight decay");
  EXPECT_FALSE(test::visibleText(form_).contains(QStringLiteral("•")));
  draft_.put("weight-decay", QStringLiteral("0.25"));
  EXPECT_TRUE(test::visibleText(form_).contains(mark));
  EXPECT_EQ(form_.changedCount(), 1);
  EXPECT_EQ(shown({"Weight decay"}), Names{"Weight decay"}) << "its name stays";
  draft_.put("weight-decay", toQString(configFieldText(RunConfig{}, "weight-decay")));
  EXPECT_FALSE(test::visibleText(form_).contains(mark));
}

}  // namespace
}  // namespace rosa::ui
