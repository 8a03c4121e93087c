// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "data/flat_batch.h"
#include "data/masking.h"
#include "rosa/config.h"
#include "rosa/events.h"

namespace rosa::model {
class Model;
}

namespace rosa::train {

struct Evaluation {
  double loss = 0;      ///< nats per target, or mean squared error
  NamedValues metrics;  ///< as metrics::metricsFor lists them
  std::int64_t examples = 0;
  std::int64_t tokens = 0;
  std::int64_t truncated = 0;  ///< examples whose end max-length cut off
};

struct EvaluationSettings {
  Task task = Task::LanguageModelling;
  std::int64_t batch = 8;          ///< examples at a time
  std::int64_t firstPosition = 0;  ///< of the model's position ids
  c10::Device device{c10::DeviceType::CPU};
  std::optional<data::Masking> masking{};  ///< its seed does not count: every evaluation hides the same tokens
};

/// Evaluation mode, no dropout, every example once in the given order; empty when `giveUp` became true on the way.
[[nodiscard]] std::optional<Evaluation> evaluateExamples(model::Model& model, std::span<const data::Example> examples,
                                                         const EvaluationSettings& settings,
                                                         const std::function<bool()>& giveUp);

}  // namespace rosa::train
