// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/run_thread.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "config/values.h"
#include "device/device.h"
#include "device/memory.h"
#include "rosa/method_traits.h"
#include "service/command_watch.h"
#include "service/guard.h"
#include "train/resampling.h"
#include "train/training_loop.h"

namespace rosa::service {

namespace {

/// Whether the first step may as well be the one that finds out what a step takes: a rehearsal costs a step's time,
/// which of a large model on a CPU is many seconds before anything is seen.
bool isAmple(const OpenedRun& opened) {
  const auto& session = *opened.session;
  if (!session.device.is_cpu()) return false;
  const auto& memory = session.config.memory;
  const auto limit = memory ? memory->bytes : device::deviceMemoryBytes(session.device);
  return 2 * opened.estimate.totalBytes() < limit;
}

}  // namespace

RunThread::RunThread(Parts parts, EventSink& sink)
    : parts_(std::move(parts)), sink_(sink), thread_([this] { work(); }) {}

RunThread::~RunThread() {
  control_.stop(StopMode::Discard);
  wait();
}

void RunThread::wait() {
  if (thread_.joinable()) thread_.join();
}

RunStarted RunThread::started() const {
  const auto& session = *opened_.session;
  const auto& config = session.config;
  RunStarted event;
  event.runDirectory = parts_.folder.path.string();
  event.name = config.name.empty() ? parts_.folder.path.filename().string() : config.name;
  event.model = config.model.string();
  event.data = config.data.string();
  event.task = config::formatValue(config.task);
  event.method = config::formatValue(config.method);
  if (hasForm(config.method)) event.form = config::formatValue(config.form);
  event.device = device::describe(session.device);
  event.threads = session.threads;
  event.totalSteps = session.counts.totalSteps;
  event.stepsPerEpoch = session.counts.stepsPerEpoch;
  event.firstStep = opened_.progress.step;
  event.trainExamples = session.trainExamples;
  event.validationExamples = static_cast<std::int64_t>(session.validation.size());
  event.totalParameters = session.totalParameters;
  event.trainableParameters = session.trainableParameters;
  event.adaptedLayers = static_cast<std::int64_t>(session.layers.size());
  event.resampleEverySteps = session.counts.resampleEvery;
  event.estimate = opened_.estimate;
  event.memoryLimitBytes = device::deviceMemoryBytes(session.device);
  event.truncatedExamples = session.trainingLeftOut.truncated;
  event.droppedExamples = session.trainingLeftOut.dropped;
  event.truncatedValidation = session.validationLeftOut.truncated;
  event.droppedValidation = session.validationLeftOut.dropped;
  return event;
}

Status RunThread::trainAll(train::EventFan& events) {
  auto& session = *opened_.session;
  auto& progress = opened_.progress;
  device::useThreads(session.config.threads);
  const device::AccountScope counted(session.account);
  const device::Tf32Scope arithmetic(session.config.tf32);
  events.receive(started());
  for (const auto& remark : session.remarks) events.log("info", remark);
  if (train::awaitsFirstDraw(session)) events.receive(train::resampleLayers(session, 0, 0));

  train::TrainingLoop loop(session, progress, control_, events, parts_.folder.path);
  if (!isAmple(opened_)) loop.rehearse();
  return loop.run();
}

bool RunThread::open(train::EventFan& events) {
  Opening opening;
  opening.phase = [&events](const std::string& name) { events.receive(PhaseChanged{name, 0}); };
  opening.giveUp = [this] { return control_.stopping(); };
  auto opened = guarded([&] { return parts_.open(opening); });
  RunRefused refused;
  if (control_.stopping()) {
    refused.message = "The run was stopped while it opened. Nothing was trained.";
  } else if (!opened) {
    refused = {opened.error().message, opening.refusedChanges};
  } else {
    opened_ = *std::move(opened);
    return true;
  }
  events.receive(refused);
  return false;
}

void RunThread::work() {
  const CommandWatch commands(parts_.folder, parts_.commandsFrom, control_);
  train::EventFan events([this](const Event& event) { return parts_.log.append(event); }, sink_);
  if (!open(events)) {
    *ended_ = true;
    return;
  }
  std::string failure;
  try {
    if (const auto status = trainAll(events); !status) failure = status.error().message;
  } catch (const std::exception& error) {
    failure = whatWasThrown(error);
  }
  // RunFinished was the last try to write; a failure is told last.
  if (events.storeFailed()) {
    sink_.receive(LogLine{"error", fmt::format("The newest events of this run could not be written to {}: lists may "
                                               "show it as interrupted. Free space on that disk.",
                                               parts_.folder.path.string())});
  }
  if (!failure.empty()) events.receive(RunFailed{opened_.progress.step, failure});
  succeeded_ = failure.empty();
  *ended_ = true;
}

}  // namespace rosa::service
