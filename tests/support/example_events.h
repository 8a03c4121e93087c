// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "rosa/events.h"

/// What a run of the sample project tells, with figures that look like a real one's and are the same every time.
namespace rosa::test {

constexpr std::int64_t kExampleSteps = 950;
constexpr std::int64_t kExampleResampleEvery = 198;

inline RunStarted exampleStart() {
  RunStarted event;
  event.runDirectory = "/home/someone/rosa-studio/runs/2026-11-23-stories260k-e2e";
  event.name = "stories260k-e2e";
  event.model = "/samples/stories260k";
  event.data = "/samples/e2e";
  event.task = "completion";
  event.method = "rosa";
  event.form = "merged";
  event.device = "cpu";
  event.threads = 2;
  event.totalSteps = kExampleSteps;
  event.stepsPerEpoch = 475;
  event.trainExamples = 3800;
  event.validationExamples = 200;
  event.totalParameters = 260032;
  event.trainableParameters = 46080;
  event.adaptedLayers = 30;
  event.resampleEverySteps = kExampleResampleEvery;
  event.estimate = {110 << 20, 20 << 20, 22 << 20, 165 << 20, 30 << 20};
  event.memoryLimitBytes = std::int64_t{25} << 30;
  return event;
}

inline double exampleLoss(std::int64_t step) {
  const auto at = static_cast<double>(step);
  return 2.4 + 1.5 * std::exp(-at / 120) + 0.08 * std::sin(at * 1.7) + 0.06 * std::sin(at * 0.61 + 1);
}

inline ResampleCompleted exampleResample(std::int64_t cycle) {
  ResampleCompleted event;
  event.cycle = cycle;
  event.step = cycle * kExampleResampleEvery;
  for (int layer = 0; layer < 30; ++layer) {
    LayerSlice slice;
    slice.layer = "model.layers." + std::to_string(layer / 6) + ".part" + std::to_string(layer % 6);
    slice.start = (layer * 17 + cycle * 23) % 56;
    slice.count = 8;
    slice.directions = 64;
    event.layers.push_back(slice);
  }
  event.milliseconds = 41;
  if (cycle > 0) {
    event.lossBefore = exampleLoss(event.step);
    event.lossAfter = event.lossBefore + 1e-7;
  }
  event.coverage = 1 - std::pow(1 - 0.125, static_cast<double>(cycle + 1));
  event.nextStep = event.step + kExampleResampleEvery;
  return event;
}

/// Everything up to `lastStep`, without an end.
inline std::vector<Event> exampleEvents(std::int64_t lastStep) {
  std::vector<Event> events;
  events.emplace_back(PhaseChanged{"loading model", 0});
  events.emplace_back(exampleStart());
  events.emplace_back(exampleResample(0));
  const auto sample = [&](std::int64_t step, const char* text, const char* reason) {
    events.emplace_back(TextSampled{step, "name[The Vaults], eatType[pub], near[Café Adriatic]", text, reason});
  };
  sample(0, " The Vaults was a little girl who loved to play outside.", "base");
  events.emplace_back(LogLine{"info", "Reading 3,800 examples for training, 200 for validation."});
  events.emplace_back(PhaseChanged{"training", 0});
  for (std::int64_t step = 1; step <= lastStep; ++step) {
    const auto at = static_cast<double>(step);
    StepCompleted done;
    done.step = step;
    done.epoch = at / 475;
    done.loss = exampleLoss(step);
    done.learningRate = 2e-3 * (step < 57 ? at / 57 : (950 - at) / (950 - 57));
    done.gradientNorm = 0.9 + 0.5 * std::exp(-at / 40) + 0.1 * std::sin(at * 0.9);
    done.tokens = 488;
    done.stepSeconds = 0.03;
    done.tokensPerSecond = 18400;
    done.elapsedSeconds = at * 0.38;
    done.remainingSeconds = (950 - at) * 0.38;
    events.emplace_back(done);
    MemorySampled memory;
    memory.step = step;
    memory.parts = {104 << 20, 16 << 20, 16 << 20, (140 + step % 7) << 20, (26 + step % 3) << 20};
    memory.peakBytes = memory.parts.totalBytes();
    events.emplace_back(memory);
    if (step % 60 == 0) {
      EvaluationCompleted evaluation;
      evaluation.step = step;
      evaluation.loss = exampleLoss(step) + 0.12;
      evaluation.metrics = {{"perplexity", std::exp(evaluation.loss)}};
      evaluation.examples = 200;
      evaluation.best = true;
      events.emplace_back(evaluation);
    }
    if (step % kExampleResampleEvery == 0) {
      events.emplace_back(exampleResample(step / kExampleResampleEvery));
      sample(step, step < 300 ? " The Vaults a pub near the Café." : " The Vaults is a pub near Café Adriatic.",
             "resample");
    }
    if (step % kExampleResampleEvery == 20 && step > kExampleResampleEvery) {
      events.emplace_back(ResampleSettled{step / kExampleResampleEvery, step - 20, -0.021});
    }
    if (step % 200 == 0) {
      CheckpointSaved saved;
      saved.step = step;
      saved.directory = "checkpoints/step-000" + std::to_string(step);
      saved.bytes = 11 << 20;
      saved.milliseconds = 84;
      saved.verified = true;
      events.emplace_back(saved);
    }
  }
  return events;
}

}  // namespace rosa::test
