// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/resampling.h"

#include <algorithm>
#include <chrono>

#include "adapt/method.h"
#include "device/cpu.h"
#include "device/memory.h"
#include "optim/arena.h"
#include "train/session.h"

namespace rosa::train {

bool awaitsFirstDraw(const Session& session) {
  return std::any_of(session.layers.begin(), session.layers.end(),
                     [](const AdaptedLayer& layer) { return layer.adaptation->resamples() && layer.slice.count == 0; });
}

ResampleCompleted resampleLayers(Session& session, std::int64_t cycle, std::int64_t step) {
  const auto start = std::chrono::steady_clock::now();
  const auto adaptations = session.adaptations();
  std::vector<std::int64_t> starts;
  if (static_cast<std::size_t>(cycle) < session.windows.size())
    starts = session.windows[static_cast<std::size_t>(cycle)];
  const auto slices = adapt::resampleAll(adaptations, cycle, starts);

  if (session.config.momentReset == MomentReset::All) {
    session.arena->clearMoments();
  } else {
    adapt::ParameterList renewed;
    for (auto* adaptation : adaptations) {
      if (!adaptation->resamples()) continue;
      const auto parameters = adaptation->parameters();
      renewed.insert(renewed.end(), parameters.begin(), parameters.end());
    }
    session.arena->clearMoments(renewed);
  }

  ResampleCompleted event;
  event.step = step;
  event.cycle = cycle;
  double coverage = 0;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    if (slices[i].count == 0) continue;
    session.layers[i].slice = slices[i];
    event.layers.push_back({session.layers[i].name, slices[i].start, slices[i].count, slices[i].directions});
    coverage += adaptations[i]->coverage();
  }
  if (!event.layers.empty()) event.coverage = coverage / static_cast<double>(event.layers.size());
  const auto next = step + session.counts.resampleEvery;
  event.nextStep = session.counts.resampleEvery > 0 && next < session.counts.totalSteps ? next : 0;
  event.milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return event;
}

MemorySampled measureMemory(const Session& session, std::int64_t step) {
  const auto tensors = device::tensorMemory(session.device);
  const auto process = device::readProcessMemory();
  const auto arena = session.arena->bytes();
  MemorySampled event;
  event.step = step;
  event.parts.weightsBytes = session.weightBytes;
  event.parts.trainableBytes = arena.values + arena.gradients;
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
