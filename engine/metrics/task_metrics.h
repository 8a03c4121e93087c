// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "metrics/labelled_spans.h"
#include "rosa/config.h"
#include "rosa/events.h"
#include "rosa/expected.h"

/// What an evaluation reports for each task, and which of it decides the best checkpoint. Pure functions.
namespace rosa::metrics {

struct MetricPlan {
  std::vector<std::string> names;  ///< in the order they are reported
  std::string deciding;            ///< one of `names`, or "loss": its best value marks the best checkpoint
  bool higherIsBetter = true;

  /// Lets another of `names`, or "loss", decide; an error names what there is.
  [[nodiscard]] Status decideBy(const std::string& metric);
  /// A value that is not a number is never better; any number is better than none (NaN) so far.
  [[nodiscard]] bool better(double candidate, double bestSoFar) const;
};

/// lm and completion: perplexity, low wins; masked-lm: so too, and accuracy of the hidden tokens. Classification:
/// accuracy, f1 of class 1 (with more than two classes f1_macro), matthews; accuracy decides. Token classification: f1,
/// precision and recall of the marked stretches, accuracy of the words; f1 decides. Regression: pearson, spearman;
/// pearson decides.
[[nodiscard]] MetricPlan metricsFor(Task task, std::int64_t labels);

/// exp(nats / tokens): over all target tokens together, never a mean of batches' means. NaN without tokens.
[[nodiscard]] double perplexity(double nats, std::int64_t tokens);

/// The planned metrics with their values, in the plan's order.
[[nodiscard]] NamedValues languageMetrics(double nats, std::int64_t tokens);
[[nodiscard]] NamedValues maskedMetrics(double nats, std::int64_t right, std::int64_t tokens);
[[nodiscard]] NamedValues classificationMetrics(std::span<const std::int64_t> truth,
                                                std::span<const std::int64_t> predicted, std::int64_t labels);
[[nodiscard]] NamedValues tokenMetrics(const WordLabels& truth, const WordLabels& predicted);
[[nodiscard]] NamedValues regressionMetrics(std::span<const double> truth, std::span<const double> predicted);

}  // namespace rosa::metrics
