// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/stepper.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <new>

#include "adapt/adaptation.h"
#include "device/memory.h"
#include "model/model.h"
#include "optim/arena.h"
#include "optim/optimizer.h"
#include "optim/squared_sum.h"
#include "parallel/process_group.h"
#include "train/batch_tensors.h"

namespace rosa::train {

Stepper::Stepper(model::Model& model, std::vector<adapt::Adaptation*> adaptations, optim::Arena& arena,
                 optim::Optimizer& optimizer, Settings settings)
    : model_(model), adaptations_(std::move(adaptations)), arena_(arena), optimizer_(optimizer), settings_(settings) {}

model::Pass Stepper::passOf(std::int64_t step) const {
  model::Pass pass;
  pass.training = settings_.dropout;
  pass.seed = settings_.seed;
  pass.step = step;
  pass.promptTokens = settings_.promptTokens;
  pass.labelSmoothing = settings_.labelSmoothing;
  pass.embeddingNoise = settings_.embeddingNoise;
  pass.recomputes = settings_.recomputes;
  return pass;
}

double Stepper::addGradient(const data::FlatBatch& batch, model::Pass& pass, std::int64_t targets) {
  pass.microBatch = batch.place.microBatch;
  pass.firstSequence = batch.place.sequence;
  pass.firstToken = batch.place.token;
  const auto loss = model_.loss(toTensors(batch, settings_.device), pass, static_cast<double>(targets));
  loss.backward();
  return loss.item<double>();
}

double Stepper::addGradients(std::span<const data::FlatBatch> microBatches, std::int64_t step, std::int64_t targets) {
  arena_.zeroGradients();
  std::vector<data::FlatBatch> pieces;
  if (pieces_ > 1) {
    for (const auto& batch : microBatches) {
      for (auto& piece : data::splitBatch(batch, pieces_)) pieces.push_back(std::move(piece));
    }
    microBatches = pieces;
  }
  // Texts cut before their completion can leave a batch without a single target: no loss, no gradient.
  const auto counts = [](const data::FlatBatch& batch) { return batch.targetCount > 0; };
  const data::FlatBatch* last = nullptr;
  for (const auto& batch : microBatches) {
    if (counts(batch)) last = &batch;
  }
  auto pass = passOf(step);
  const std::function<void(std::int64_t)> blockDone = [this](std::int64_t block) { exchange_->blockDone(block); };
  double sum = 0;
  for (const auto& batch : microBatches) {
    if (!counts(batch)) continue;
    if (&batch == last && exchange_ && step > 0) pass.blockDone = &blockDone;
    sum += addGradient(batch, pass, targets);
  }
  return sum;
}

bool Stepper::shrink(std::int64_t sequences) {
  if (pieces_ < sequences) {
    pieces_ = std::min(2 * pieces_, sequences);
    return true;
  }
  if (settings_.recomputes) return false;
  settings_.recomputes = true;
  return true;
}

bool Stepper::mustEnd(std::int64_t sequences) {
  return (exchange_ && exchange_->begun()) || !shrink(sequences);
}

double Stepper::addWithinMemory(std::span<const data::FlatBatch> microBatches, std::int64_t step, std::int64_t targets,
                                std::string& shrunk) {
  std::int64_t sequences = 0;
  for (const auto& batch : microBatches) sequences = std::max(sequences, batch.sequences());
  for (;;) {
    try {
      return addGradients(microBatches, step, targets);
    } catch (const std::bad_alloc&) {
      if (mustEnd(sequences)) throw;
    } catch (const c10::OutOfMemoryError&) {
      if (mustEnd(sequences)) throw;
    }
    device::releaseCached(settings_.device);
    shrunk = fmt::format(
        "{} did not fit into memory. From here on micro-batches hold {} of their examples at a time{}; the loss and "
        "its gradient are those of the whole step all the same.",
        step > 0 ? fmt::format("Step {}", step) : "The longest micro-batch", (sequences + pieces_ - 1) / pieces_,
        settings_.recomputes ? ", with gradient checkpointing" : "");
  }
}

double Stepper::addOverGroup(double loss) {
  const at::NoGradGuard noGrad;
  if (arena_.divided()) {
    for (const auto& share : arena_.shares()) settings_.group->sumPieces(share.gradients);
  } else if (exchange_) {
    exchange_->finish();
  } else {
    for (const auto& gradients : arena_.gradients()) settings_.group->sum(gradients);
  }
  const auto sum = at::full({1}, loss, at::kDouble);
  settings_.group->sum(sum);
  return sum.item<double>();
}

double Stepper::gradientNorm() const {
  if (!arena_.divided()) return arena_.gradientNorm();
  double squares = 0;
  for (const auto& share : arena_.shares()) squares += optim::squaredSum(share.own);
  const auto sum = at::full({1}, squares, at::kDouble);
  settings_.group->sum(sum);
  return std::sqrt(sum.item<double>());
}

void Stepper::exchangeValues() {
  arena_.layOutValues();
  for (const auto& share : arena_.shares()) settings_.group->exchangePieces(share.gradients);
  arena_.takeInValues();
}

StepResult Stepper::run(std::span<const data::FlatBatch> microBatches, std::int64_t step, double learningRate) {
  StepResult result;
  std::int64_t targets = 0;
  for (const auto& batch : microBatches) {
    targets += batch.targetCount;
    result.tokens += batch.tokens();
  }
  if (auto* group = settings_.group) {
    // What the hooks of a GPU's backward pass would send has to come to the host first, which would hold it up.
    if (!exchange_ && !arena_.divided() && settings_.device.is_cpu()) {
      exchange_ = std::make_unique<GradientExchange>(arena_, *group);
    }
    const auto own = data::partOfStep({microBatches.begin(), microBatches.end()}, group->rank(), group->size());
    result.loss = addOverGroup(addWithinMemory(own, step, targets, result.shrunk));
  } else {
    result.loss = addWithinMemory(microBatches, step, targets, result.shrunk);
  }
  result.gradientNorm = gradientNorm();
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
  if (arena_.divided()) exchangeValues();
  for (auto* adaptation : adaptations_) adaptation->afterStep();
  return result;
}

std::string Stepper::rehearse(const data::FlatBatch& batch) {
  std::string shrunk;
  (void)addWithinMemory(std::span(&batch, 1), 0, batch.targetCount, shrunk);
  arena_.zeroGradients();
  return shrunk;
}

double Stepper::evaluationLoss(const data::FlatBatch& batch) {
  if (batch.targetCount == 0) return std::nan("");
  const at::NoGradGuard noGrad;
  return model_.loss(toTensors(batch, settings_.device), model::Pass{}, static_cast<double>(batch.targetCount))
      .item<double>();
}

}  // namespace rosa::train
