// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/bench_load.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>

#include "device/cpu.h"
#include "device/device.h"
#include "service/bench_place.h"
#include "train/resampling.h"
#include "train/session.h"
#include "train/stepper.h"

namespace rosa::service {
namespace {

std::int64_t bytesOfFolder(const std::filesystem::path& folder) {
  std::int64_t bytes = 0;
  std::error_code problem;
  for (std::filesystem::directory_iterator at(folder, problem), end; !problem && at != end; at.increment(problem)) {
    std::error_code ignored;
    const auto size = at->file_size(ignored);
    if (!ignored) bytes += static_cast<std::int64_t>(size);
  }
  return bytes;
}

/// Best of several copies of more than the caches hold.
double measureCopyGbPerSecond() {
  constexpr std::int64_t kFloats = std::int64_t{1} << 26U;
  constexpr int kRepeats = 4;
  const auto from = at::ones({kFloats});
  auto to = at::zeros({kFloats});
  double best = 0;
  for (int i = 0; i < kRepeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    to.copy_(from);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(kFloats) * sizeof(float) / seconds.count() / 1e9);
  }
  return best;
}

}  // namespace

Expected<LoadReport> benchLoad(const RunConfig& asked) {
  auto config = asked;
  config.steps = 1;
  LoadReport report;
  const auto before = std::chrono::steady_clock::now();
  ROSA_TRY(auto session, train::openSession(config));
  report.openSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
  const device::Tf32Scope arithmetic(config.tf32);
  if (train::awaitsFirstDraw(*session)) static_cast<void>(train::resampleLayers(*session, 0, 0));
  train::Stepper stepper(*session->model, session->adaptations(), *session->arena, *session->optimizer,
                         session->stepSettings());
  report.firstLoss = stepper.run(session->batches(1), 1, session->learningRate(1)).loss;
  report.firstStepSeconds = device::secondsOfProcess();
  report.peakMemoryMb = peakMemoryMb(*session);
  report.modelBytes = bytesOfFolder(config.model);
  report.copyGbPerSecond = measureCopyGbPerSecond();
  report.place = placeBefore(*session);
  return report;
}

}  // namespace rosa::service
