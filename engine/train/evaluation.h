// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "data/batch_plan.h"
#include "data/example_store.h"
#include "data/masking.h"
#include "rosa/config.h"
#include "rosa/events.h"

namespace rosa::model {
class Model;
}
namespace rosa::parallel {
class ProcessGroup;
}

namespace rosa::train {

/// One example of a classification.
struct JudgedExample {
  std::int64_t truth = 0, predicted = 0;
  double probability = 0;  ///< of the predicted class
  double loss = 0;         ///< nats: -log of the true class's probability
};

struct Evaluation {
  double loss = 0;      ///< nats per target, or mean squared error
  NamedValues metrics;  ///< as metrics::metricsFor lists them
  std::int64_t examples = 0;
  std::int64_t tokens = 0;
  std::int64_t truncated = 0;         ///< examples whose end max-length cut off
  std::vector<JudgedExample> judged;  ///< of a classification: every example, in the given order
};

struct EvaluationSettings {
  Task task = Task::LanguageModelling;
  /// What is computed at a time. The order is the given one, and the masks' seed does not count: every evaluation hides
  /// the same tokens.
  data::BatchOptions batches;
  c10::Device device{c10::DeviceType::CPU};
  parallel::ProcessGroup* group = nullptr;  ///< whose processes evaluate a part each; null = this one all
};

/// Evaluation mode, no dropout, every example once in the given order; empty when `giveUp` became true on the way,
/// which is not asked in a group: the others would wait for this process. All of a group have the same result.
[[nodiscard]] std::optional<Evaluation> evaluateExamples(model::Model& model, const data::ExampleStore& examples,
                                                         const EvaluationSettings& settings,
                                                         const std::function<bool()>& giveUp);

}  // namespace rosa::train
