// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/bench_train.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "device/cpu.h"
#include "device/device.h"
#include "device/memory.h"
#include "service/gemm_ceiling.h"
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
  report.gemmGflops = measureGemmGflops(session->device);
  report.estimatedMemoryMb = static_cast<double>(train::estimateMemory(*session).totalBytes()) / 1e6;
  report.resampleSeconds = train::resampleLayers(*session, 0, 0).milliseconds / 1000;
  train::Stepper stepper(*session->model, session->adaptations(), *session->arena, *session->optimizer,
                         session->stepSettings());
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
  std::nth_element(seconds.begin(), seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2), seconds.end());
  report.stepSeconds = seconds[seconds.size() / 2];
  const auto peakBytes = session->device.is_cpu() ? device::readProcessMemory().peakResidentBytes
                                                  : device::tensorMemory(session->device).peakBytes;
  report.peakMemoryMb = static_cast<double>(peakBytes) / 1e6;
  report.gemmGflops = std::max(report.gemmGflops, measureGemmGflops(session->device));
  report.shareOfWall = report.tokensPerSecond * flopsPerToken(*session) / (report.gemmGflops * 1e9);
  return report;
}

}  // namespace rosa::service
