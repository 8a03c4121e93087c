// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "metrics/classification.h"
#include "metrics/correlation.h"
#include "metrics/labelled_spans.h"
#include "metrics/task_metrics.h"
#include "support/golden.h"

namespace rosa::metrics {
namespace {

using Json = nlohmann::json;

class MetricsGolden : public testing::Test {
 protected:
  void readCases(const char* name) {
    const auto path = test::goldenDirectory() / "metrics" / name;
    std::ifstream file(path);
    if (!file) GTEST_SKIP() << path << " is missing";
    cases_ = Json::parse(file).at("cases");
    ASSERT_FALSE(cases_.empty());
  }

  /// The files write NaN as the string "nan", and "error: ..." where the reference has no value either.
  static void expectValue(const Json& expected, double value) {
    if (expected.is_string()) {
      EXPECT_TRUE(std::isnan(value)) << expected << ", not " << value;
    } else {
      const auto number = expected.get<double>();
      EXPECT_NEAR(value, number, 1e-12 * std::max(1.0, std::abs(number)));
    }
  }

  Json cases_;
};

TEST_F(MetricsGolden, ClassificationEqualsScikitLearn) {
  readCases("classification.json");
  for (const Json& entry : cases_) {
    SCOPED_TRACE(entry.at("name").get<std::string>());
    const auto truth = entry.at("y").get<std::vector<std::int64_t>>();
    const auto predicted = entry.at("pred").get<std::vector<std::int64_t>>();
    expectValue(entry.at("accuracy"), accuracy(truth, predicted));
    expectValue(entry.at("matthews"), matthews(truth, predicted));
    expectValue(entry.at("f1_macro"), f1Macro(truth, predicted));
    if (entry.contains("f1_binary")) expectValue(entry.at("f1_binary"), f1(truth, predicted));
  }
}

TEST_F(MetricsGolden, CorrelationsEqualScipy) {
  readCases("correlation.json");
  for (const Json& entry : cases_) {
    SCOPED_TRACE(entry.at("name").get<std::string>());
    const auto x = entry.at("x").get<std::vector<double>>();
    const auto y = entry.at("y").get<std::vector<double>>();
    expectValue(entry.at("pearson"), pearson(x, y));
    expectValue(entry.at("spearman"), spearman(x, y));
    EXPECT_EQ(averageRanks(x), entry.at("ranks_x").get<std::vector<double>>());
  }
}

TEST_F(MetricsGolden, PerplexityEqualsTorch) {
  readCases("perplexity.json");
  for (const Json& entry : cases_) {
    SCOPED_TRACE(entry.at("name").get<std::string>());
    expectValue(entry.at("perplexity"),
                perplexity(entry.at("nll_sum").get<double>(), entry.at("tokens").get<std::int64_t>()));
  }
}

TEST(LabelledSpans, EqualSeqevals) {
  std::ifstream file(test::sourceDirectory() / "tests" / "golden" / "metrics" / "seqeval.json");
  const auto cases = Json::parse(file).at("cases");
  ASSERT_GT(cases.size(), 40U);
  for (const auto& one : cases) {
    const auto scores = spanScores(one.at("truth").get<WordLabels>(), one.at("predicted").get<WordLabels>());
    EXPECT_NEAR(scores.precision, one.at("precision").get<double>(), 1e-12) << one;
    EXPECT_NEAR(scores.recall, one.at("recall").get<double>(), 1e-12) << one;
    EXPECT_NEAR(scores.f1, one.at("f1").get<double>(), 1e-12) << one;
    EXPECT_NEAR(scores.accuracy, one.at("accuracy").get<double>(), 1e-12) << one;
  }
  EXPECT_TRUE(std::isnan(spanScores({}, {}).f1));
}

}  // namespace
}  // namespace rosa::metrics
