// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/stepper.h"

#include <ATen/ATen.h>

#include <cmath>

#include "adapt/adaptation.h"
#include "model/model.h"
#include "optim/arena.h"
#include "optim/optimizer.h"
#include "train/batch_tensors.h"

namespace rosa::train {

Stepper::Stepper(model::Model& model, std::vector<adapt::Adaptation*> adaptations, optim::Arena& arena,
                 optim::Optimizer& optimizer, Settings settings)
    : model_(model), adaptations_(std::move(adaptations)), arena_(arena), optimizer_(optimizer), settings_(settings) {}

model::Pass Stepper::passOf(std::int64_t step) const {
  return {settings_.dropout, settings_.seed, step, 0, settings_.labelSmoothing, settings_.embeddingNoise};
}

StepResult Stepper::run(std::span<const data::FlatBatch> microBatches, std::int64_t step, double learningRate) {
  StepResult result;
  std::int64_t targets = 0;
  for (const auto& batch : microBatches) {
    targets += batch.targetCount;
    result.tokens += batch.tokens();
  }

  arena_.zeroGradients();
  auto pass = passOf(step);
  for (const auto& batch : microBatches) {
    // Texts cut before their completion can leave a batch without a single target: no loss, no gradient.
    if (batch.targetCount > 0) {
      const auto loss = model_.loss(toTensors(batch, settings_.device), pass, static_cast<double>(targets));
      loss.backward();
      result.loss += loss.item<double>();
    }
    ++pass.microBatch;
  }

  result.gradientNorm = arena_.gradientNorm();
  result.applied = std::isfinite(result.loss) && std::isfinite(result.gradientNorm);
  if (!result.applied) return result;

  if (const double factor = optim::clipFactor(result.gradientNorm, settings_.clip); factor < 1) {
    arena_.scaleGradients(factor);
  }
  const at::NoGradGuard noGrad;
  for (auto* adaptation : adaptations_) {
    if (settings_.weightDecay > 0) adaptation->decay(learningRate * settings_.weightDecay);
    adaptation->beforeStep();
  }
  optimizer_.step(learningRate);
  for (auto* adaptation : adaptations_) adaptation->afterStep();
  return result;
}

void Stepper::rehearse(const data::FlatBatch& batch) {
  if (batch.targetCount == 0) return;
  const auto loss = model_.loss(toTensors(batch, settings_.device), passOf(0), static_cast<double>(batch.targetCount));
  loss.backward();
  arena_.zeroGradients();
}

double Stepper::evaluationLoss(const data::FlatBatch& batch) {
  if (batch.targetCount == 0) return std::nan("");
  const at::NoGradGuard noGrad;
  return model_.loss(toTensors(batch, settings_.device), model::Pass{}, static_cast<double>(batch.targetCount))
      .item<double>();
}

}  // namespace rosa::train
