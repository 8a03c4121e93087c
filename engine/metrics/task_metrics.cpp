// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/task_metrics.h"

#include <cmath>
#include <limits>
#include <string_view>

#include "metrics/classification.h"
#include "metrics/correlation.h"
#include "rosa/task_metrics.h"
#include "rosa/task_traits.h"

namespace rosa::metrics {

Status MetricPlan::decideBy(const std::string& metric) {
  constexpr std::string_view kLoss = "loss";
  std::string known(kLoss);
  bool found = metric == kLoss;
  for (const auto& name : names) {
    known += ", " + name;
    found = found || name == metric;
  }
  if (!found) return Error{"best-metric: " + metric + " is not measured here. Choose one of " + known + "."};
  deciding = metric;
  higherIsBetter = metric != kLoss && metric != "perplexity";
  return {};
}

bool MetricPlan::better(double candidate, double bestSoFar) const {
  if (std::isnan(candidate)) return false;
  if (std::isnan(bestSoFar)) return true;
  return higherIsBetter ? candidate > bestSoFar : candidate < bestSoFar;
}

MetricPlan metricsFor(Task task, std::int64_t labels) {
  MetricPlan plan;
  const std::string_view other = task != Task::Classification ? "" : labels > 2 ? "f1" : "f1_macro";
  for (const auto name : taskMetrics(task)) {
    if (name != other) plan.names.emplace_back(name);
  }
  plan.deciding = plan.names.front();
  plan.higherIsBetter = hasLabels(task);
  return plan;
}

double perplexity(double nats, std::int64_t tokens) {
  if (tokens == 0) return std::numeric_limits<double>::quiet_NaN();
  return std::exp(nats / static_cast<double>(tokens));
}

NamedValues languageMetrics(double nats, std::int64_t tokens) {
  return {{"perplexity", perplexity(nats, tokens)}};
}

NamedValues maskedMetrics(double nats, std::int64_t right, std::int64_t tokens) {
  const auto share =
      tokens == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(right) / static_cast<double>(tokens);
  return {{"perplexity", perplexity(nats, tokens)}, {"accuracy", share}};
}

NamedValues classificationMetrics(std::span<const std::int64_t> truth, std::span<const std::int64_t> predicted,
                                  std::int64_t labels) {
  const auto f1Value =
      labels > 2 ? std::pair("f1_macro", f1Macro(truth, predicted)) : std::pair("f1", f1(truth, predicted));
  return {{"accuracy", accuracy(truth, predicted)}, f1Value, {"matthews", matthews(truth, predicted)}};
}

NamedValues tokenMetrics(const WordLabels& truth, const WordLabels& predicted) {
  const auto scores = spanScores(truth, predicted);
  return {{"f1", scores.f1}, {"precision", scores.precision}, {"recall", scores.recall}, {"accuracy", scores.accuracy}};
}

NamedValues regressionMetrics(std::span<const double> truth, std::span<const double> predicted) {
  return {{"pearson", pearson(truth, predicted)}, {"spearman", spearman(truth, predicted)}};
}

}  // namespace rosa::metrics
