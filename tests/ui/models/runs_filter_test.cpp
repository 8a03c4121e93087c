// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/runs_filter.h"

#include <gtest/gtest.h>

#include <QTemporaryDir>

#include "models/runs_model.h"
#include "settings/preferences.h"
#include "support/fake_engine.h"

namespace rosa::ui {
namespace {

class RunsFilterTest : public ::testing::Test {
 protected:
  RunsFilterTest() { show(); }
  void show() { model_.setRecords(records_); }
  [[nodiscard]] QStringList names() const {
    QStringList names;
    for (int row = 0; row < filter_.rowCount(); ++row) names << filter_.index(row, RunsModel::Name).data().toString();
    return names;
  }
  [[nodiscard]] QStringList found(const char* words) {
    filter_.setWords(QString::fromUtf8(words));
    return names();
  }

  QTemporaryDir folder_;
  Preferences preferences_{folder_.filePath(QStringLiteral("studio.ini"))};
  std::vector<RunRecord> records_ = test::FakeEngine().records;
  RunsModel model_{preferences_};
  RunsFilter filter_{model_};
};

TEST_F(RunsFilterTest, EachWordMustStandSomewhere) {
  EXPECT_EQ(found("").size(), 8);
  EXPECT_EQ(found(" lora  MRPC "), QStringList{QStringLiteral("mrpc-lora-8")});
  EXPECT_EQ(found("lora nowhere"), QStringList());
}

TEST_F(RunsFilterTest, FindsTagsAndNotes) {
  records_[4].notes = {{"Überblick", "paper"}, "the one for\nfigure 3"};
  show();
  const QStringList wanted{QString::fromStdString(records_[4].name)};
  EXPECT_EQ(found("paper"), wanted);
  EXPECT_EQ(found("ÜBERblick figure"), wanted);
  EXPECT_EQ(found("forfigure"), QStringList());
}

TEST_F(RunsFilterTest, SeesAChangeOfTheRecords) {
  EXPECT_EQ(found("later"), QStringList());
  records_[2].notes.note = "later";
  show();
  EXPECT_EQ(names(), QStringList{QString::fromStdString(records_[2].name)});
}

TEST_F(RunsFilterTest, SortsByAnyColumnBothWays) {
  records_[3].diskBytes = 500;
  records_[5].diskBytes = 90;
  show();
  filter_.sort(RunsModel::Disk, Qt::DescendingOrder);
  EXPECT_EQ(names().first(), QString::fromStdString(records_[3].name));
  filter_.sort(RunsModel::Name, Qt::AscendingOrder);
  const QStringList sorted = names();
  filter_.sort(RunsModel::Name, Qt::DescendingOrder);
  EXPECT_EQ(names(), QStringList(sorted.crbegin(), sorted.crend()));
}

}  // namespace
}  // namespace rosa::ui
