// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/runs_model.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QDateTime>
#include <QLocale>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <cmath>

#include "models/setting_words.h"
#include "rosa/config.h"
#include "settings/preferences.h"
#include "support/fake_engine.h"

namespace rosa::ui {
namespace {

class RunsModelTest : public ::testing::Test {
 protected:
  bool check(int row, bool on = true) {
    return model_.setData(model_.index(row, RunsModel::Name), on ? Qt::Checked : Qt::Unchecked, Qt::CheckStateRole);
  }
  [[nodiscard]] QString text(int row, int column) const { return model_.index(row, column).data().toString(); }

  QTemporaryDir folder_;
  Preferences preferences_{folder_.filePath(QStringLiteral("studio.ini"))};
  RunsModel model_{preferences_};
  QAbstractItemModelTester tester_{&model_, QAbstractItemModelTester::FailureReportingMode::Fatal};
  std::vector<RunRecord> records_ = test::FakeEngine().records;
};

TEST_F(RunsModelTest, ShowsARunAsPeopleReadIt) {
  model_.setRecords(records_);
  EXPECT_EQ(text(0, RunsModel::Method), QStringLiteral("ROSA"));
  EXPECT_EQ(text(0, RunsModel::Metric), QStringLiteral("0.861 F1"));
  EXPECT_EQ(text(0, RunsModel::Memory), QStringLiteral("0.42 GiB"));
  EXPECT_EQ(text(0, RunsModel::Time), QStringLiteral("6m 12s"));
  EXPECT_EQ(text(2, RunsModel::Rank), QString());
  EXPECT_EQ(text(5, RunsModel::Metric), QString()) << "a run without an evaluation has no metric";
}

TEST_F(RunsModelTest, CallsEveryMethodAsPeopleDo) {
  for (const auto& [spelling, name] :
       std::vector<std::pair<std::string, QString>>{{"rosa", QStringLiteral("ROSA")},
                                                    {"dora", QStringLiteral("DoRA")},
                                                    {"galore", QStringLiteral("GaLore")},
                                                    {"prefix", QStringLiteral("Prefix tuning")}}) {
    records_[0].method = spelling;
    model_.setRecords(records_);
    EXPECT_EQ(text(0, RunsModel::Method), name);
  }
  // Whatever method the engine gets, this table has a name for it.
  for (int method = 0;; ++method) {
    RunConfig config;
    config.method = static_cast<Method>(method);
    const auto spelling = configFieldText(config, "method");
    if (spelling.empty() || method > static_cast<int>(Method::Prefix)) break;
    EXPECT_NE(methodName(spelling), QString::fromStdString(spelling)) << spelling;
  }
}

TEST_F(RunsModelTest, TellsWhenARunBegan) {
  model_.setRecords(records_);
  const QDateTime now = QDateTime::currentDateTime();
  records_[0].startedAt = now.toUTC().toString(Qt::ISODate).toStdString();
  records_[1].startedAt = "2024-02-29T12:00:00Z";
  records_[2].startedAt = "";
  model_.setRecords(records_);
  EXPECT_EQ(text(0, RunsModel::Date), QLocale(QLocale::English).toString(now, QStringLiteral("d MMM HH:mm")));
  EXPECT_EQ(text(1, RunsModel::Date), QStringLiteral("29 Feb 2024"));
  EXPECT_EQ(text(2, RunsModel::Date), QString());
  EXPECT_EQ(text(0, RunsModel::State), QStringLiteral("done"));
}

TEST_F(RunsModelTest, SortsNumbersAsNumbers) {
  records_[1].lastLoss = std::nan("");
  model_.setRecords(records_);
  EXPECT_TRUE(model_.before(0, 2, RunsModel::Time)) << "6m 12s, 9m 05s";
  EXPECT_FALSE(model_.before(2, 0, RunsModel::Time));
  EXPECT_TRUE(model_.before(0, 1, RunsModel::Loss)) << "what is no number comes last";
  EXPECT_FALSE(model_.before(1, 0, RunsModel::Loss));
}

TEST_F(RunsModelTest, KeepsMarksWhenTheListIsReadAgain) {
  model_.setRecords({records_.begin() + 1, records_.end()});
  ASSERT_TRUE(check(0));
  const QSignalSpy inserted(&model_, &QAbstractItemModel::rowsInserted);
  const QSignalSpy reset(&model_, &QAbstractItemModel::modelReset);
  model_.setRecords(records_);
  EXPECT_EQ(inserted.count(), 1) << "a new run is a new row";
  EXPECT_EQ(reset.count(), 0);
  ASSERT_EQ(model_.checked().size(), 1u);
  EXPECT_EQ(model_.checked()[0].name, "mrpc-lora-8");
}

TEST_F(RunsModelTest, ForgetsMarksOfRunsThatAreGone) {
  model_.setRecords(records_);
  ASSERT_TRUE(check(0));
  model_.setRecords({records_.begin() + 1, records_.end()});
  EXPECT_TRUE(model_.checked().empty());
}

TEST_F(RunsModelTest, UpdatesInPlaceWhileARunTrains) {
  model_.setRecords(records_);
  const QSignalSpy changed(&model_, &QAbstractItemModel::dataChanged);
  const QSignalSpy reset(&model_, &QAbstractItemModel::modelReset);
  records_[3].elapsedSeconds = 400;
  model_.setRecords(records_);
  EXPECT_EQ(changed.count(), 1);
  EXPECT_EQ(reset.count(), 0);
  EXPECT_EQ(text(3, RunsModel::Time), QStringLiteral("6m 40s"));
}

TEST_F(RunsModelTest, MarksAnyNumberOfRunsAtOnce) {
  model_.setRecords(records_);
  const QSignalSpy changed(&model_, &RunsModel::checkedChanged);
  std::vector<int> all;
  for (int row = 0; row < model_.rowCount(); ++row) all.push_back(row);
  model_.setChecked(all, true);
  EXPECT_EQ(model_.checked().size(), records_.size());
  model_.setChecked({0, 2}, false);
  EXPECT_EQ(model_.checked().size(), records_.size() - 2);
  EXPECT_EQ(changed.count(), 2) << "not once a run";
}

TEST_F(RunsModelTest, ARunKeepsItsColourForLifeAndTheNinthIsDashed) {
  model_.setRecords(records_);
  EXPECT_EQ(model_.look(records_[4]).color, 0);
  EXPECT_EQ(model_.look(records_[0]).color, 1);
  RunsModel other(preferences_);
  EXPECT_EQ(other.look(records_[4]).color, 0);
  for (int i = 0; i < 6; ++i) {
    RunRecord run;
    run.directory = "/runs/" + std::to_string(i);
    EXPECT_FALSE(model_.look(run).dashed);
  }
  RunRecord ninth;
  ninth.directory = "/runs/ninth";
  EXPECT_EQ(model_.look(ninth).color, 0);
  EXPECT_TRUE(model_.look(ninth).dashed);
}

}  // namespace
}  // namespace rosa::ui
