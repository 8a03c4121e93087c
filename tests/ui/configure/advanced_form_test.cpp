// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/advanced_form.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QLineEdit>
#include <set>
#include <string>
#include <vector>

#include "pages/configure/config_draft.h"
#include "support/widgets.h"

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

}  // namespace
}  // namespace rosa::ui
