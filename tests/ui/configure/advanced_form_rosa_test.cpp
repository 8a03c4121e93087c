// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QComboBox>
#include <QLineEdit>
#include <set>
#include <string>

#include "pages/configure/advanced_form.h"
#include "pages/configure/config_draft.h"
#include "support/widgets.h"

/// Which of ROSA's settings the window shows beside which.
namespace rosa::ui {
namespace {

using Names = std::set<std::string>;

class AdvancedFormOfRosa : public ::testing::Test {
 protected:
  AdvancedFormOfRosa() { form_.show(); }

  Names shown() {
    Names visible;
    for (const char* label :
         {"Factorise", "Slice", "Adapt", "Basis", "Moment reset", "Moment prune", "Rewarm", "Windows"}) {
      const auto name = QString::fromLatin1(label);
      if (test::findVisible<QLineEdit>(form_, name) != nullptr ||
          test::findVisible<QComboBox>(form_, name) != nullptr) {
        visible.insert(label);
      }
    }
    return visible;
  }

  ConfigDraft draft_;
  AdvancedForm form_{draft_};
};

TEST_F(AdvancedFormOfRosa, SingularDirectionsAreChosenAmongAndRandomOnesAreNot) {
  EXPECT_EQ(shown(), (Names{"Factorise", "Slice", "Adapt", "Basis", "Moment reset", "Rewarm", "Windows"}));
  draft_.set("basis", QStringLiteral("fast"));
  EXPECT_EQ(shown(), (Names{"Factorise", "Adapt", "Basis", "Moment reset", "Rewarm"}));
  draft_.set("factorise", QStringLiteral("random_add"));
  EXPECT_EQ(shown(), (Names{"Factorise", "Adapt", "Moment reset", "Rewarm"}));
}

TEST_F(AdvancedFormOfRosa, TheShareIsAskedForWherePruningReadsIt) {
  draft_.set("moment-reset", QStringLiteral("prune"));
  EXPECT_TRUE(shown().contains("Moment prune"));
}

TEST_F(AdvancedFormOfRosa, OtherMethodsShowWhatTheirCyclesRead) {
  draft_.set("method", QStringLiteral("lora"));
  EXPECT_EQ(shown(), Names{});
  draft_.set("method", QStringLiteral("relora"));
  EXPECT_EQ(shown(), (Names{"Moment reset", "Rewarm"}));
}

}  // namespace
}  // namespace rosa::ui
