// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/bench_train.h"

#include <chrono>
#include <utility>
#include <vector>

#include "device/device.h"
#include "service/bench_place.h"
#include "train/memory_estimate.h"
#include "train/resampling.h"
#include "train/session.h"
#include "train/stepper.h"

namespace rosa::service {

namespace {

/// Floating-point operations a token of the frozen forward pass and the gradient of its input: two products of 2·in·out
/// each for every linear layer and the head. Attention's own products are left out.
double flopsPerToken(const train::Session& session) {
  double numbers = 0;
  for (const auto* slot : session.model->linears()) numbers += static_cast<double>(slot->weight().numel());
  const auto& config = session.model->config();
  if (config.head == model::Head::LanguageModel) {
    numbers += static_cast<double>(config.vocabularySize) * static_cast<double>(config.width);
  }
  if (session.masking) {
    numbers += session.masking->rate * static_cast<double>(config.vocabularySize * config.embeddingSize());
  }
  return 4 * numbers;
}

}  // namespace

Expected<BenchReport> benchTrain(const RunConfig& config, std::int64_t untimedSteps) {
  ROSA_TRY(auto session, train::openSession(config));
  const device::Tf32Scope arithmetic(config.tf32);
  if (session->counts.totalSteps <= untimedSteps) {
    return Error{"All steps would be untimed. Choose more --steps or fewer --untimed."};
  }
  BenchReport report;
  report.place = placeBefore(*session);
  report.estimatedMemoryMb = static_cast<double>(train::estimateMemory(*session).totalBytes()) / 1e6;
  report.resampleSeconds = train::resampleLayers(*session, 0, 0).milliseconds / 1000;
  train::Stepper stepper(*session->model, session->adaptations(), *session->arena, *session->optimizer,
                         session->stepSettings());
  report.plainLoss = stepper.evaluationLoss(session->batches(1).front());
  std::vector<double> seconds;
  double timed = 0;
  std::int64_t tokens = 0;
  for (std::int64_t step = 1; step <= session->counts.totalSteps; ++step) {
    const auto batches = session->batches(step);
    const auto start = std::chrono::steady_clock::now();
    const auto result = stepper.run(batches, step, session->learningRate(step));
    const double taken = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (step == 1) report.firstLoss = result.loss;
    report.lastLoss = result.loss;
    report.gradientNorm = result.gradientNorm;
    if (step > untimedSteps) {
      seconds.push_back(taken);
      timed += taken;
      tokens += result.tokens;
    }
    if (session->counts.resampleEvery > 0 && step % session->counts.resampleEvery == 0 &&
        step < session->counts.totalSteps) {
      report.resampleSeconds =
          train::resampleLayers(*session, step / session->counts.resampleEvery, step).milliseconds / 1000;
    }
  }
  report.steps = session->counts.totalSteps;
  report.tokensPerSecond = static_cast<double>(tokens) / timed;
  report.stepSeconds = medianOf(std::move(seconds));
  report.peakMemoryMb = peakMemoryMb(*session);
  completePlace(report.place, *session);
  report.shareOfWall = report.tokensPerSecond * flopsPerToken(*session) / (report.place.gemmGflops * 1e9);
  return report;
}

}  // namespace rosa::service
