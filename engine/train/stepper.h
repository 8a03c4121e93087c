// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/flat_batch.h"
#include "train/gradient_exchange.h"

namespace rosa::adapt {
class Adaptation;
}
namespace rosa::model {
class Model;
struct Batch;
struct Pass;
}  // namespace rosa::model
namespace rosa::optim {
class Arena;
class Optimizer;
}  // namespace rosa::optim
namespace rosa::parallel {
class ProcessGroup;
}

namespace rosa::train {

struct StepResult {
  double loss = 0;          ///< nats per target of the whole effective batch
  double gradientNorm = 0;  ///< before clipping
  bool applied = false;     ///< false: loss or gradient was not finite, nothing was changed
  std::int64_t tokens = 0;  ///< real tokens
  std::string shrunk{};     ///< a sentence where memory ran out and this and further steps are taken in smaller pieces
};

/// One optimizer step: micro-batches forward and backward, check, clip, update. Holds references to the parts of a
/// session, so that the training loop, the bench and parity tests all take the very same step. Where memory runs out
/// in the gradients of a step, nothing has changed yet: it is taken again, from then on in micro-batches of half the
/// size, and with gradient checkpointing where they are down to one example.
class Stepper {
 public:
  struct Settings {
    double clip = 0;         ///< largest gradient norm; 0 = none
    std::uint64_t seed = 0;  ///< keys the dropout masks
    bool dropout = true;
    c10::Device device{c10::DeviceType::CPU};
    double labelSmoothing = 0;
    double embeddingNoise = 0;                ///< NEFTune's alpha
    bool recomputes = false;                  ///< gradient checkpointing
    double weightDecay = 0;                   ///< decoupled, of weights that are no parameter of the optimizer
    std::int64_t promptTokens = 0;            ///< that the model puts into the stream before each sequence
    parallel::ProcessGroup* group = nullptr;  ///< that shares each step; null = this process takes it alone
  };

  Stepper(model::Model& model, std::vector<adapt::Adaptation*> adaptations, optim::Arena& arena,
          optim::Optimizer& optimizer, Settings settings);

  /// `step` is 1-based. The loss is normalised over the targets of all micro-batches together. Each process of a group
  /// is given all of them, takes its part, and has the same result as one that takes the step alone. Throws
  /// std::bad_alloc where not even single examples fit, parallel::GroupFault where the group ends.
  [[nodiscard]] StepResult run(std::span<const data::FlatBatch> microBatches, std::int64_t step, double learningRate);

  /// Forward and backward alone with the gradients thrown away: what a step on this batch takes in memory. Gives back
  /// what StepResult::shrunk tells.
  std::string rehearse(const data::FlatBatch& batch);

  /// The batch's mean loss in evaluation mode.
  [[nodiscard]] double evaluationLoss(const data::FlatBatch& batch);

 private:
  [[nodiscard]] model::Pass passOf(std::int64_t step) const;
  /// Adds up the gradients of all micro-batches; the sum of their losses over `targets`.
  [[nodiscard]] double addGradients(std::span<const data::FlatBatch> microBatches, std::int64_t step,
                                    std::int64_t targets);
  /// Of one micro-batch; its loss.
  double addGradient(const data::FlatBatch& batch, model::Pass& pass, std::int64_t targets);
  /// The same, in smaller pieces where memory runs out.
  [[nodiscard]] double addWithinMemory(std::span<const data::FlatBatch> microBatches, std::int64_t step,
                                       std::int64_t targets, std::string& shrunk);
  /// Adds up what the processes of the group have found; the sum of their losses.
  [[nodiscard]] double addOverGroup(double loss);
  /// Of the whole step, whichever share of it this process has.
  [[nodiscard]] double gradientNorm() const;
  /// Each process has stepped a share of what trains: gives all of it to all.
  void exchangeValues();
  /// Whether a step for which memory ran out cannot be taken again in smaller pieces.
  bool mustEnd(std::int64_t sequences);
  /// False where nothing smaller is left to try.
  bool shrink(std::int64_t sequences);

  model::Model& model_;
  std::vector<adapt::Adaptation*> adaptations_;
  optim::Arena& arena_;
  optim::Optimizer& optimizer_;
  Settings settings_;
  std::int64_t pieces_ = 1;                     ///< that a micro-batch is taken in
  std::unique_ptr<GradientExchange> exchange_;  ///< of a group whose gradients are summed during the backward pass
};

}  // namespace rosa::train
