// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/run_thread.h"

#include <fmt/format.h>

#include <exception>
#include <utility>
#include <variant>

#include "config/values.h"
#include "device/device.h"
#include "device/memory.h"
#include "rosa/method_traits.h"
#include "service/command_watch.h"
#include "service/group_run.h"
#include "service/guard.h"
#include "train/group_state.h"
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

/// Of a process that another one leads: what the run does is told there.
class FailuresAlone final : public EventSink {
 public:
  explicit FailuresAlone(EventSink& sink) : sink_(sink) {}
  void receive(const Event& event) override {
    if (std::holds_alternative<RunFailed>(event)) sink_.receive(event);
    // Whoever started this process was told that there is a run.
    if (const auto* refused = std::get_if<RunRefused>(&event)) sink_.receive(RunFailed{0, refused->message});
  }

 private:
  EventSink& sink_;
};

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
  ROSA_CHECK(train::prepare(session, progress, events));

  train::TrainingLoop loop(session, progress, control_, events, parts_.folder.path);
  if (!isAmple(opened_)) loop.rehearse();
  ROSA_CHECK(loop.run());
  if (session.group) session.group->finish();
  return {};
}

void RunThread::leaveGroup(const std::string& failure) {
  if (!opened_.session || !opened_.session->group) return;
  if (!failure.empty()) opened_.session->group->fail(failure);
  opened_.session->group.reset();
  opened_.company.reset();
}

bool RunThread::open(train::EventFan& events) {
  Opening opening;
  opening.phase = [&events](const std::string& name) { events.receive(PhaseChanged{name, 0}); };
  opening.giveUp = [this] { return control_.stopping(); };
  auto opened = guarded([&] { return parts_.open(opening); });
  RunRefused refused;
  if (control_.stopping()) {
    refused.message = kStoppedWhileOpening;
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
  if (parts_.log) {
    const CommandWatch commands(parts_.folder, parts_.commandsFrom, control_);
    tellAll(sink_);
  } else {
    FailuresAlone failures(sink_);
    tellAll(failures);
  }
  *ended_ = true;
}

void RunThread::tellAll(EventSink& sink) {
  train::EventFan::Store store;
  if (parts_.log) store = [this](const Event& event) { return parts_.log->append(event); };
  train::EventFan events(std::move(store), sink);
  if (!open(events)) return;
  std::string failure;
  try {
    if (const auto status = trainAll(events); !status) failure = status.error().message;
  } catch (const std::exception& error) {
    failure = whatWasThrown(error);
  }
  leaveGroup(failure);
  // RunFinished was the last try to write; a failure is told last.
  if (events.storeFailed()) {
    sink.receive(LogLine{"error", fmt::format("The newest events of this run could not be written to {}: lists may "
                                              "show it as interrupted. Free space on that disk.",
                                              parts_.folder.path.string())});
  }
  if (!failure.empty()) events.receive(RunFailed{opened_.progress.step, failure});
  succeeded_ = failure.empty();
}

}  // namespace rosa::service
