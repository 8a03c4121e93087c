// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/bench_resample.h"

#include <chrono>
#include <utility>
#include <vector>

#include "device/device.h"
#include "service/bench_place.h"
#include "train/resampling.h"
#include "train/session.h"
#include "train/stepper.h"

namespace rosa::service {

Expected<ResampleReport> benchResample(const RunConfig& asked, std::int64_t times) {
  auto config = asked;
  config.steps = times;
  ROSA_TRY(auto session, train::openSession(config));
  const device::Tf32Scope arithmetic(config.tf32);
  const auto layers = train::resamplingLayers(*session);
  if (layers.empty()) return Error{"No layer of such a run draws slices. That is what --method rosa does."};
  ResampleReport report;
  report.place = placeBefore(*session);
  report.layers = std::ssize(layers);
  report.times = times;
  report.firstSeconds = train::resampleLayers(*session, 0, 0).milliseconds / 1000;
  train::Stepper stepper(*session->model, session->adaptations(), *session->arena, *session->optimizer,
                         session->stepSettings());
  std::vector<double> resamples, steps;
  for (std::int64_t step = 1; step <= times; ++step) {
    const auto batches = session->batches(step);
    const auto start = std::chrono::steady_clock::now();
    static_cast<void>(stepper.run(batches, step, session->learningRate(step)));
    steps.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    if (step == times) report.lossBefore = stepper.evaluationLoss(batches.back());
    resamples.push_back(train::resampleLayers(*session, step, step).milliseconds / 1000);
    if (step == times) report.lossAfter = stepper.evaluationLoss(batches.back());
  }
  report.seconds = medianOf(std::move(resamples));
  report.stepSeconds = medianOf(std::move(steps));
  completePlace(report.place, *session);
  return report;
}

}  // namespace rosa::service
