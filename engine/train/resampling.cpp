// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/resampling.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "adapt/basis_turn.h"
#include "adapt/low_rank.h"
#include "adapt/method.h"
#include "adapt/slice.h"
#include "device/cpu.h"
#include "device/memory.h"
#include "optim/arena.h"
#include "optim/moment_policy.h"
#include "train/batch_tensors.h"
#include "train/session.h"

namespace rosa::train {

namespace {

using Adaptations = std::vector<adapt::Adaptation*>;

Adaptations adaptationsOf(const Session& session, const std::vector<std::size_t>& layers) {
  Adaptations all;
  for (const auto index : layers) all.push_back(session.layers[index].adaptation);
  return all;
}

/// Of those whose moments a resample may touch.
adapt::ParameterList parametersOf(const Adaptations& adaptations) {
  adapt::ParameterList all;
  for (auto* adaptation : adaptations) {
    if (adaptation->keepsMoments()) continue;
    const auto own = adaptation->parameters();
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

/// Holds the gradients of W from its making to its end: in evaluation mode, over the batches of one step.
class GatheredGradients {
 public:
  GatheredGradients(Session& session, const Adaptations& adaptations, std::int64_t step) {
    for (auto* adaptation : adaptations) {
      if (adaptation->wantsGradient()) gathering_.push_back(adaptation);
    }
    if (gathering_.empty()) return;
    for (auto* adaptation : gathering_) adaptation->gatherGradient(true);
    for (const auto& batch : session.batches(std::max<std::int64_t>(step, 1))) {
      if (batch.targetCount == 0) continue;
      // Only the order of the directions counts, so that the loss needs no normaliser.
      session.model->loss(toTensors(batch, session.device), model::Pass{}, 1).backward();
    }
    session.arena->zeroGradients();
  }
  GatheredGradients(const GatheredGradients&) = delete;
  GatheredGradients& operator=(const GatheredGradients&) = delete;
  ~GatheredGradients() {
    for (auto* adaptation : gathering_) adaptation->gatherGradient(false);
  }

 private:
  Adaptations gathering_;
};

/// What the optimizer remembers of the resampled layers, treated as the configuration says.
class MomentKeeper {
 public:
  /// Before the resample.
  MomentKeeper(Session& session, const Adaptations& adaptations) : session_(session), adaptations_(adaptations) {
    if (session.config.momentReset != MomentReset::Rotate) return;
    for (auto* adaptation : adaptations) {
      const auto* factors = dynamic_cast<const adapt::LowRank*>(adaptation);
      if (factors == nullptr || adaptation->keepsMoments()) continue;
      old_.push_back({factors, adaptation->parameters(), factors->a().clone(), factors->b().clone()});
    }
  }

  /// After it.
  void apply() {
    auto& arena = *session_.arena;
    const auto& config = session_.config;
    switch (config.momentReset) {
      case MomentReset::All:
        return arena.clearMoments();
      case MomentReset::Resampled:
        return arena.clearMoments(parametersOf(adaptations_));
      case MomentReset::KeepSecond:
        return optim::keepSecondMoments(arena, parametersOf(adaptations_));
      case MomentReset::Prune:
        return optim::pruneMoments(arena, parametersOf(adaptations_), config.momentPrune);
      case MomentReset::Rotate:
        return turn();
    }
  }

 private:
  void turn() {
    std::vector<optim::MomentTurn> turns;
    for (const auto& [factors, parameters, a, b] : old_) {
      const auto turn = adapt::turnBetween(a, b, factors->a(), factors->b());
      for (const auto* parameter : parameters) {
        const bool isA = parameter->name.ends_with(":A");
        turns.push_back({parameter, isA ? turn.forA : turn.forB, !isA});
      }
    }
    optim::turnMoments(*session_.arena, turns, session_.config.beta1, session_.config.beta2);
  }

  Session& session_;
  const Adaptations& adaptations_;
  struct Before {
    const adapt::LowRank* factors;
    adapt::ParameterList parameters;
    at::Tensor a, b;
  };
  std::vector<Before> old_;
};

void describe(const adapt::Slice& slice, const std::string& layer, std::vector<LayerSlice>& entries) {
  const auto windows = adapt::windowsOf(slice);
  if (windows.empty()) entries.push_back({layer, 0, 0, slice.directions});
  for (const auto& window : windows) entries.push_back({layer, window.start, window.count, window.directions});
}

/// Over the layers that measure it; NaN where none does.
double meanOf(const Adaptations& adaptations, double (adapt::Adaptation::*value)() const) {
  double sum = 0;
  std::int64_t measured = 0;
  for (const auto* adaptation : adaptations) {
    const double number = (adaptation->*value)();
    if (std::isnan(number)) continue;
    sum += number;
    ++measured;
  }
  return sum / static_cast<double>(measured);
}

}  // namespace

bool awaitsFirstDraw(const Session& session) {
  return std::any_of(session.layers.begin(), session.layers.end(),
                     [](const AdaptedLayer& layer) { return layer.adaptation->resamples() && layer.slice.count == 0; });
}

ResampleTimes resampleTimes(const Session& session) {
  return {session.counts.resampleEvery, session.counts.totalSteps, session.config.stagger};
}

std::vector<std::size_t> resamplingLayers(const Session& session) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < session.layers.size(); ++i) {
    if (session.layers[i].adaptation->resamples()) all.push_back(i);
  }
  return all;
}

ResampleCompleted resampleLayers(Session& session, const ResampleOrder& order) {
  const auto start = std::chrono::steady_clock::now();
  const auto adaptations = adaptationsOf(session, order.layers);
  std::vector<std::int64_t> starts;
  if (const auto round = static_cast<std::size_t>(order.round); round < session.windows.size()) {
    for (const auto index : order.layers) starts.push_back(session.windows[round][index]);
  }
  std::vector<adapt::Slice> slices;
  {
    const GatheredGradients gradients(session, adaptations, order.step);
    MomentKeeper moments(session, adaptations);
    slices = adapt::resampleAll(adaptations, order.round, starts);
    moments.apply();
  }

  ResampleCompleted event;
  event.step = order.step;
  event.cycle = order.cycle;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    auto& layer = session.layers[order.layers[i]];
    layer.slice = slices[i];
    describe(slices[i], layer.name, event.layers);
  }
  // Of all layers, those that wait for their turn included.
  const auto resampling = resamplingLayers(session);
  const double coverage = meanOf(adaptationsOf(session, resampling), &adapt::Adaptation::coverage);
  event.coverage = std::isnan(coverage) ? 0 : coverage;
  event.roundingLoss = meanOf(adaptations, &adapt::Adaptation::roundingLoss);
  event.nextStep = resampleTimes(session).next(order.step, resampling.size());
  event.milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return event;
}

ResampleCompleted resampleLayers(Session& session, std::int64_t cycle, std::int64_t step) {
  return resampleLayers(session, {cycle, cycle, step, resamplingLayers(session)});
}

MemorySampled measureMemory(const Session& session, std::int64_t step) {
  const auto tensors = device::tensorMemory(session.device, session.account);
  const auto process = device::readProcessMemory();
  const auto arena = session.arena->bytes();
  MemorySampled event;
  event.step = step;
  event.parts.weightsBytes = session.weightBytes;
  event.parts.trainableBytes = arena.values + arena.gradients + (session.average ? session.average->bytes() : 0);
  event.parts.momentsBytes = arena.moments;
  const auto standing = event.parts.totalBytes();
  event.parts.activationsBytes = std::max<std::int64_t>(0, tensors.peakBytes - standing);
  // On the CPU everything lies in the process: libraries, text, blocks kept for reuse.
  const auto all = session.device.is_cpu() ? process.residentBytes : tensors.peakBytes + tensors.cachedBytes;
  event.parts.otherBytes = std::max<std::int64_t>(0, all - event.parts.totalBytes());
  event.peakBytes = tensors.peakBytes;
  event.processResidentBytes = process.residentBytes;
  event.processPeakResidentBytes = process.peakResidentBytes;
  return event;
}

}  // namespace rosa::train
