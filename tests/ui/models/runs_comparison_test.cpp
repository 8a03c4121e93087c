// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/runs_comparison.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/fake_engine.h"

namespace rosa::ui {
namespace {

std::vector<ComparedRun> firstRuns(std::size_t count) {
  test::FakeEngine engine;
  std::vector<ComparedRun> runs;
  for (std::size_t i = 0; i < count; ++i) {
    runs.push_back({engine.records[i], engine.configs.at(engine.records[i].directory)});
  }
  return runs;
}

const ComparisonRow* findRow(const std::vector<ComparisonRow>& rows, const QString& label) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const ComparisonRow& row) { return row.label == label; });
  return found == rows.end() ? nullptr : &*found;
}

TEST(CompareRuns, ListsOnlySettingsThatDiffer) {
  const auto rows = compareRuns(firstRuns(3));
  const auto* method = findRow(rows, QStringLiteral("Method"));
  ASSERT_NE(method, nullptr);
  EXPECT_EQ(method->values, (QList<QString>{QStringLiteral("ROSA"), QStringLiteral("LoRA"), QStringLiteral("Full")}));
  EXPECT_NE(findRow(rows, QStringLiteral("Learning rate")), nullptr);
  EXPECT_EQ(findRow(rows, QStringLiteral("Batch")), nullptr);
  EXPECT_EQ(findRow(rows, QStringLiteral("Name")), nullptr);
}

TEST(CompareRuns, MarksTheBestResult) {
  const auto rows = compareRuns(firstRuns(3));
  EXPECT_EQ(findRow(rows, QStringLiteral("Dev F1"))->best, 2);
  EXPECT_EQ(findRow(rows, QStringLiteral("Dev loss"))->best, 2);
  EXPECT_EQ(findRow(rows, QStringLiteral("Peak memory"))->best, 0);
  EXPECT_EQ(findRow(rows, QStringLiteral("Time"))->best, 0);
  EXPECT_FALSE(findRow(rows, QStringLiteral("Trained"))->best.has_value());
}

TEST(CompareRuns, ARunThatWasStoppedEarlyWasNotFast) {
  auto runs = firstRuns(2);
  runs[0].record.status = "stopped";
  EXPECT_FALSE(findRow(compareRuns(runs), QStringLiteral("Time"))->best.has_value());
  EXPECT_EQ(findRow(compareRuns(runs), QStringLiteral("Peak memory"))->best, 0);
}

TEST(CompareRuns, WritesValuesAsWords) {
  auto runs = firstRuns(2);
  for (auto& run : runs) run.config->method = Method::Rosa;
  runs[0].config->factorise = Factorise::SvdAdd;
  runs[0].config->adapt = AdaptFactors::A;
  const auto rows = compareRuns(runs);
  EXPECT_EQ(findRow(rows, QStringLiteral("Factorise"))->values[0], QStringLiteral("SVD, slice counted twice"));
  EXPECT_EQ(findRow(rows, QStringLiteral("Adapt"))->values,
            (QList<QString>{QStringLiteral("A alone"), QStringLiteral("A and B")}));
  runs[1].config->layers = "mlp";
  EXPECT_EQ(findRow(compareRuns(runs), QStringLiteral("Layers"))->values,
            (QList<QString>{QStringLiteral("all linear"), QStringLiteral("MLP")}));
}

TEST(CompareRuns, ShowsNoSettingToARunThatDoesNotReadIt) {
  auto runs = firstRuns(3);  // ROSA, LoRA, full fine-tuning
  for (auto& run : runs) run.config->resampleEvery = {Interval::Unit::Steps, 50};
  const auto rows = compareRuns(runs);
  const auto* resample = findRow(rows, QStringLiteral("Resample every"));
  ASSERT_NE(resample, nullptr);
  EXPECT_EQ(resample->values, (QList<QString>{QStringLiteral("50 steps"), QString(), QString()}));
}

TEST(CompareRuns, SaysHowLongWithAUnitInOneRow) {
  auto runs = firstRuns(3);
  for (auto& run : runs) run.config->epochs.reset();
  for (auto& run : runs) run.config->steps.reset();
  runs[0].config->steps = 60;
  runs[1].config->steps = 1;
  runs[2].config->epochs = 2.5;
  const auto rows = compareRuns(runs);
  const auto* duration = findRow(rows, QStringLiteral("Train for"));
  ASSERT_NE(duration, nullptr);
  EXPECT_EQ(duration->values,
            (QList<QString>{QStringLiteral("60 steps"), QStringLiteral("1 step"), QStringLiteral("2.5 epochs")}));
  EXPECT_EQ(std::count_if(rows.begin(), rows.end(), [&](const auto& row) { return row.label == duration->label; }), 1);
}

TEST(CompareRuns, LeavesOutWhatOnlyFollowsFromTheMethod) {
  auto runs = firstRuns(3);  // ROSA, LoRA, full fine-tuning
  for (auto& run : runs) run.config->factorise = RunConfig().factorise;
  EXPECT_EQ(findRow(compareRuns(runs), QStringLiteral("Factorise")), nullptr) << "as always, where it is read at all";
  runs[0].config->factorise = Factorise::SvdAdd;
  EXPECT_NE(findRow(compareRuns(runs), QStringLiteral("Factorise")), nullptr);
}

TEST(CompareRuns, ATieOrAMissingFigureHasNoBest) {
  auto runs = firstRuns(2);
  runs[1].record.elapsedSeconds = runs[0].record.elapsedSeconds;
  runs[1].record.metrics.clear();
  const auto rows = compareRuns(runs);
  EXPECT_FALSE(findRow(rows, QStringLiteral("Time"))->best.has_value());
  EXPECT_FALSE(findRow(rows, QStringLiteral("Dev F1"))->best.has_value());
  EXPECT_EQ(findRow(rows, QStringLiteral("Dev F1"))->values[1], QString());
}

/// ROSA with seeds 1, 2 and 3, and LoRA once.
std::vector<ComparedRun> seeds() {
  const auto two = firstRuns(2);
  std::vector<ComparedRun> runs{two[0], two[1], two[0], two[0]};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto seed = static_cast<std::int64_t>(i) + 1;
    runs[i].record.seed = seed;
    runs[i].config->seed = seed;
    runs[i].record.name = runs[i].record.name + "-s" + std::to_string(seed);
    runs[i].record.metrics = {{"loss", static_cast<double>(i)}};
  }
  return runs;
}

TEST(GroupRuns, PutsTogetherWhatDiffersInTheSeedAlone) {
  const auto runs = seeds();
  const auto groups = groupRuns(runs, true);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].runs, (std::vector<std::size_t>{0, 2, 3}));
  EXPECT_EQ(groups[0].name, QStringLiteral("mrpc-rosa-8"));
  EXPECT_EQ(groups[1].runs, std::vector<std::size_t>{1});
  EXPECT_EQ(groups[1].name, QStringLiteral("mrpc-lora-8-s2"));
  EXPECT_EQ(groupRuns(runs, false).size(), 4u);
}

TEST(GroupRuns, ARunWithoutAConfigStandsAlone) {
  auto runs = seeds();
  runs[0].config.reset();
  runs[2].config.reset();
  EXPECT_EQ(groupRuns(runs, true).size(), 4u);
}

TEST(CompareRuns, OfSeveralSeedsTellsMeanIntervalAndNumber) {
  const auto runs = seeds();
  const auto rows = compareRuns(runs, groupRuns(runs, true));
  // 0, 2 and 3: deviation 1.5275, Student's quantile 4.3027 for two degrees of freedom.
  const auto* loss = findRow(rows, QStringLiteral("Dev loss"));
  EXPECT_EQ(loss->values, (QList<QString>{QStringLiteral("1.667 ± 3.795"), QStringLiteral("1.000")}));
  EXPECT_EQ(loss->best, 1);
  EXPECT_EQ(findRow(rows, QStringLiteral("Seeds"))->values, (QList<QString>{QStringLiteral("3"), QStringLiteral("1")}));
  EXPECT_EQ(findRow(rows, QStringLiteral("Seed")), nullptr);
  EXPECT_EQ(findRow(compareRuns(runs), QStringLiteral("Seeds")), nullptr);
}

TEST(CompareRuns, KeepsTheNumbersBehindTheWords) {
  const auto runs = firstRuns(3);
  const auto rows = compareRuns(runs);
  const auto* rate = findRow(rows, QStringLiteral("Learning rate"));
  ASSERT_NE(rate, nullptr);
  EXPECT_TRUE(rate->isSetting);
  EXPECT_EQ(rate->figures[0], runs[0].config->learningRate);
  EXPECT_EQ(findRow(rows, QStringLiteral("Method"))->figures[0], std::nullopt);
  EXPECT_EQ(findRow(rows, QStringLiteral("Time"))->unit, QStringLiteral("minutes"));
  EXPECT_EQ(findRow(rows, QStringLiteral("Time"))->figures[0], runs[0].record.elapsedSeconds / 60);
  EXPECT_EQ(findRow(rows, QStringLiteral("Dev F1"))->figures[0], runs[0].record.metrics[1].second);
}

TEST(CompareRuns, LivesWithoutAConfig) {
  auto runs = firstRuns(2);
  runs[1].config.reset();
  EXPECT_NE(findRow(compareRuns(runs), QStringLiteral("Peak memory")), nullptr);
  EXPECT_TRUE(compareRuns({}).empty());
}

TEST(ComparisonTitle, NamesTheSeedWhereItIsShared) {
  auto runs = firstRuns(2);
  EXPECT_EQ(comparisonTitle(runs), QStringLiteral("2 runs, seed 0"));
  runs[1].record.seed = 1;
  EXPECT_EQ(comparisonTitle(runs), QStringLiteral("2 runs"));
}

}  // namespace
}  // namespace rosa::ui
