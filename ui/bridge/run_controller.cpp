// SPDX-License-Identifier: GPL-3.0-or-later
#include "bridge/run_controller.h"

#include <QPointer>
#include <utility>

#include "bridge/mailbox.h"
#include "jobs/job_pool.h"

namespace rosa::ui {
namespace {

/// 30 times a second: smooth to the eye, and a fraction of the steps of a small model.
constexpr int kDeliveryMs = 33;

}  // namespace

RunController::RunController(Engine& engine, JobPool& pool, QObject* parent)
    : QObject(parent), engine_(engine), pool_(pool) {
  timer_.setInterval(kDeliveryMs);
  connect(&timer_, &QTimer::timeout, this, &RunController::deliver);
}

RunController::~RunController() = default;

void RunController::start(const RunConfig& config) {
  launch([&engine = engine_, config](EventSink& sink) { return Launch{{}, engine.train(config, sink)}; });
}

void RunController::resume(const std::filesystem::path& runDirectory, const QString& acceptedChanges) {
  launch([&engine = engine_, runDirectory, accepted = acceptedChanges.toStdString()](EventSink& sink) {
    // Read before the run appends to it. A past that cannot be read is no reason not to train on.
    auto past = engine.runEvents(runDirectory);
    std::string refusedChanges;
    const ResumeOptions options{[&](const std::string& changes) {
      if (changes == accepted) return true;
      refusedChanges = changes;
      return false;
    }};
    auto run = engine.resume(runDirectory, sink, options);
    return Launch{past ? *std::move(past) : std::vector<Event>{}, std::move(run), runDirectory, refusedChanges};
  });
}

void RunController::launch(std::function<Launch(EventSink&)> work) {
  if (active()) return;
  stopWhenStarted_.reset();
  mailbox_ = std::make_shared<Mailbox>();
  setState(State::Starting);
  pool_.run(
      [self = QPointer<RunController>(this), mailbox = mailbox_, work = std::move(work)]() -> std::function<void()> {
        // std::function wants copyable state.
        auto launched = std::make_shared<Launch>(work(*mailbox));
        return [self, mailbox, launched] {
          if (self) self->take(*launched);
        };
      });
}

void RunController::take(Launch& launched) {
  if (!launched.run) {
    setState(State::Idle);
    // Who was told to stop meanwhile is not asked whether to go on.
    if (!launched.refusedChanges.empty() && !stopWhenStarted_) {
      Q_EMIT dataChanged(launched.resumed, QString::fromStdString(launched.refusedChanges));
    } else {
      Q_EMIT refused(QString::fromStdString(launched.run.error().message));
    }
    return;
  }
  run_ = *std::move(launched.run);
  directory_ = run_->directory();
  Q_EMIT started();
  if (!launched.past.empty()) Q_EMIT eventsArrived(launched.past);
  timer_.start();
  if (stopWhenStarted_) {
    run_->stop(*stopWhenStarted_);
  } else {
    setState(State::Training);
  }
}

void RunController::pause() {
  if (state_ != State::Training) return;
  run_->pause();
  setState(State::Pausing);
}

void RunController::unpause() {
  if (state_ != State::Paused && state_ != State::Pausing) return;
  run_->unpause();
  setState(State::Training);
}

void RunController::saveNow() {
  if (run_) run_->saveNow();
}

void RunController::sampleNow() {
  if (run_) run_->sampleNow();
}

void RunController::stop(StopMode mode) {
  if (!active()) return;
  stopWhenStarted_ = mode;
  if (run_) run_->stop(mode);
  setState(State::Stopping);
}

void RunController::deliver() {
  const std::vector<Event> events = mailbox_->take();
  if (!events.empty()) Q_EMIT eventsArrived(events);
  for (const Event& event : events) follow(event);
  if (run_ && run_->ended()) release();
}

void RunController::follow(const Event& event) {
  if (const auto* phase = std::get_if<PhaseChanged>(&event)) {
    // An order that was given meanwhile goes before what the run reports of an older one.
    if (phase->phase == "paused" && state_ == State::Pausing) setState(State::Paused);
  } else if (std::holds_alternative<RunFinished>(event) || std::holds_alternative<RunFailed>(event)) {
    release();
  }
}

void RunController::release() {
  if (!run_) return;
  setState(State::Stopping);
  pool_.run([self = QPointer<RunController>(this), mailbox = mailbox_,
             run = std::exchange(run_, nullptr)]() mutable -> std::function<void()> {
    run->wait();
    run.reset();
    return [self] {
      if (!self) return;
      self->timer_.stop();
      self->deliver();
      self->setState(State::Idle);
      Q_EMIT self->ended();
    };
  });
}

void RunController::setState(State state) {
  if (state_ == state) return;
  state_ = state;
  Q_EMIT stateChanged();
}

}  // namespace rosa::ui
