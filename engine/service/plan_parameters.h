// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "model/model.h"
#include "model/model_config.h"
#include "optim/optimizer.h"
#include "rosa/config.h"
#include "rosa/estimate.h"
#include "text/tokenizer.h"
#include "text/turn_end.h"

namespace rosa::service {

/// Which of a model's numbers a run trains, from shapes alone.
struct TrainedParameters {
  std::vector<LayerPlan> layers;            ///< the adapted ones
  std::vector<std::int64_t> layerNumbers;   ///< that train in each of them
  std::vector<optim::TrainedShape> shapes;  ///< of every parameter
  std::int64_t count = 0;                   ///< numbers in all
  std::int64_t keptPerToken = 0;            ///< numbers that the method's backward pass needs beside the model's own
  bool complete = false;                    ///< nothing was left out by a mistake
  std::vector<ConfigProblem> problems;      ///< sentences that name layer or tensor

  /// Numbers that lie beside the weights.
  [[nodiscard]] std::int64_t beside() const;
};

/// `model` may be without storage (meta). The tokenizer is null where it cannot be opened; single tokens are not
/// planned then.
[[nodiscard]] TrainedParameters planParameters(const RunConfig& config, model::Model& model,
                                               const model::ModelConfig& modelConfig, const text::Tokenizer* tokenizer,
                                               const text::TurnEnd& turnEnd);

}  // namespace rosa::service
