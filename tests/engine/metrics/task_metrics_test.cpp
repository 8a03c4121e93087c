// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/task_metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "metrics/classification.h"
#include "metrics/correlation.h"

namespace rosa::metrics {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> namesOf(const NamedValues& values) {
  std::vector<std::string> names;
  for (const auto& [name, value] : values) names.push_back(name);
  return names;
}

TEST(TaskMetricsTest, ReportsWhatThePlanNames) {
  const std::vector<std::int64_t> classes{0, 1, 1};
  const std::vector<double> numbers{0, 1, 2};
  EXPECT_EQ(namesOf(languageMetrics(3, 2)), metricsFor(Task::LanguageModelling, 0).names);
  EXPECT_EQ(namesOf(languageMetrics(3, 2)), metricsFor(Task::Completion, 0).names);
  EXPECT_EQ(namesOf(classificationMetrics(classes, classes, 2)), metricsFor(Task::Classification, 2).names);
  EXPECT_EQ(namesOf(classificationMetrics(classes, classes, 3)), metricsFor(Task::Classification, 3).names);
  EXPECT_EQ(namesOf(regressionMetrics(numbers, numbers)), metricsFor(Task::Regression, 1).names);
  EXPECT_EQ(namesOf(maskedMetrics(3, 1, 2)), metricsFor(Task::MaskedLanguageModelling, 0).names);
}

TEST(TaskMetricsTest, HiddenTokensHaveAPerplexityAndAShareThatIsRight) {
  const auto metrics = maskedMetrics(3, 1, 2);
  EXPECT_NEAR(metrics[0].second, std::exp(1.5), 1e-12);
  EXPECT_EQ(metrics[1].second, 0.5);
  EXPECT_TRUE(std::isnan(maskedMetrics(0, 0, 0)[1].second));
}

TEST(TaskMetricsTest, AnyMetricMayDecide) {
  for (const auto task :
       {Task::LanguageModelling, Task::MaskedLanguageModelling, Task::Classification, Task::Regression}) {
    auto plan = metricsFor(task, 2);
    for (const auto& name : plan.names) {
      EXPECT_TRUE(plan.decideBy(name).hasValue());
      EXPECT_EQ(plan.deciding, name);
      EXPECT_EQ(plan.better(2, 1), name != "perplexity") << name;
    }
    EXPECT_TRUE(plan.decideBy("loss").hasValue());
    EXPECT_TRUE(plan.better(1, 2));
    const auto unknown = plan.decideBy("f1_macro");
    ASSERT_FALSE(unknown.hasValue());
    EXPECT_NE(unknown.error().message.find("loss, " + plan.names[0]), std::string::npos) << unknown.error().message;
    EXPECT_EQ(plan.deciding, "loss") << "a refused one changes nothing";
  }
}

TEST(TaskMetricsTest, LowPerplexityAndHighAccuracyAreBetter) {
  const auto lm = metricsFor(Task::Completion, 0);
  EXPECT_TRUE(lm.better(3, 4));
  EXPECT_FALSE(lm.better(4, 4));
  const auto classification = metricsFor(Task::Classification, 2);
  EXPECT_TRUE(classification.better(0.9, 0.8));
  EXPECT_FALSE(classification.better(0.8, 0.9));
}

TEST(TaskMetricsTest, NanIsNeverBetterAndAlwaysBeaten) {
  const auto plan = metricsFor(Task::Regression, 1);
  EXPECT_FALSE(plan.better(kNan, -1));
  EXPECT_FALSE(plan.better(kNan, kNan));
  EXPECT_TRUE(plan.better(-1, kNan));
}

TEST(TaskMetricsTest, NothingEvaluatedHasNoValue) {
  EXPECT_TRUE(std::isnan(perplexity(0, 0)));
  EXPECT_TRUE(std::isnan(accuracy({}, {})));
  EXPECT_TRUE(std::isnan(f1({}, {})));
  EXPECT_TRUE(std::isnan(f1Macro({}, {})));
  EXPECT_TRUE(std::isnan(matthews({}, {})));
  EXPECT_TRUE(std::isnan(pearson({}, {})));
}

TEST(TaskMetricsTest, NanPredictionsMakeCorrelationsNan) {
  const std::vector<double> truth{0, 1, 2};
  const std::vector<double> predicted{0, kNan, 2};
  EXPECT_TRUE(std::isnan(pearson(truth, predicted)));
  EXPECT_TRUE(std::isnan(spearman(truth, predicted)));
}

}  // namespace
}  // namespace rosa::metrics
