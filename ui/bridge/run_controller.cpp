// SPDX-License-Identifier: GPL-3.0-or-later
#include "bridge/run_controller.h"

#include <QPointer>
#include <algorithm>
#include <utility>

#include "bridge/mailbox.h"
#include "jobs/job_pool.h"

namespace rosa::ui {
namespace {

/// 30 times a second: smooth to the eye, and a fraction of the steps of a small model.
constexpr int kDeliveryMs = 33;

bool endsRun(const Event& event) {
  return std::holds_alternative<RunFinished>(event) || std::holds_alternative<RunFailed>(event) ||
         std::holds_alternative<RunRefused>(event) || std::holds_alternative<WorkerEnded>(event);
}

/// Whether the newest session that these events tell of has got beyond its opening.
bool hasBegun(const std::vector<Event>& events) {
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    if (std::holds_alternative<RunStarted>(*event)) return true;
    if (endsRun(*event)) return false;
  }
  return false;
}

bool isPaused(const std::vector<Event>& events) {
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    if (const auto* phase = std::get_if<PhaseChanged>(&*event)) return phase->phase == "paused";
  }
  return false;
}

bool isWaiting(Runs& runs, const std::filesystem::path& folder) {
  const auto queue = runs.queue();
  return queue && std::ranges::find(*queue, folder, &QueuedRun::folder) != queue->end();
}

}  // namespace

RunController::RunController(Engine& engine, Runs& runs, JobPool& pool, QObject* parent)
    : QObject(parent), engine_(engine), runs_(runs), pool_(pool) {
  timer_.setInterval(kDeliveryMs);
  connect(&timer_, &QTimer::timeout, this, &RunController::deliver);
}

RunController::~RunController() = default;

void RunController::start(const RunConfig& config, const std::string& host) {
  launch([&runs = runs_, config, host](EventSink& sink) {
    Launch launched;
    // What a host refused lies there; here it tells why.
    launched.fresh = host.empty();
    auto folder = runs.start(config, host);
    if (!folder) {
      launched.attached = folder.error();
      return launched;
    }
    launched.folder = *std::move(folder);
    launched.waits = isWaiting(runs, launched.folder);
    if (!launched.waits) launched.attached = runs.attach(launched.folder, 0, sink);
    return launched;
  });
}

void RunController::resume(const std::filesystem::path& runDirectory, const QString& acceptedChanges) {
  launch([&runs = runs_, runDirectory, accepted = acceptedChanges.toStdString(),
          from = from(runDirectory)](EventSink& sink) {
    Launch launched;
    launched.folder = runDirectory;
    launched.again = from > 0;
    if (const auto status = runs.resume(runDirectory, accepted); !status) {
      launched.attached = status.error();
      return launched;
    }
    launched.waits = isWaiting(runs, runDirectory);
    if (!launched.waits) launched.attached = runs.attach(runDirectory, from, sink);
    return launched;
  });
}

void RunController::attach(const std::filesystem::path& runDirectory) {
  if (state_ == State::Starting || (active() && runDirectory == directory_)) return;
  leave();
  launch([&runs = runs_, runDirectory, from = from(runDirectory)](EventSink& sink) {
    Launch launched;
    launched.folder = runDirectory;
    launched.again = from > 0;
    launched.attached = runs.attach(runDirectory, from, sink);
    return launched;
  });
}

std::int64_t RunController::from(const std::filesystem::path& runDirectory) const {
  return runDirectory == directory_ ? newest_ : 0;
}

void RunController::launch(std::function<Launch(EventSink&)> work) {
  if (state_ == State::Starting) return;
  const auto mailbox = std::make_shared<Mailbox>();
  // Beside a run that is followed, another can only be put into the queue.
  if (!active()) {
    stopWhenStarted_.reset();
    setState(State::Starting);
  }
  pool_.run([self = QPointer<RunController>(this), mailbox, work = std::move(work)]() -> std::function<void()> {
    // std::function wants copyable state.
    auto launched = std::make_shared<Launch>(work(*mailbox));
    return [self, mailbox, launched] {
      if (self) self->take(*launched, mailbox);
    };
  });
}

void RunController::take(Launch& launched, const std::shared_ptr<Mailbox>& mailbox) {
  const bool first = state_ == State::Starting || (state_ == State::Stopping && subscription_ == nullptr);
  if (!launched.attached || launched.waits) {
    if (first) setState(State::Idle);
    if (launched.waits) {
      Q_EMIT queued(launched.folder);
    } else {
      Q_EMIT refused(QString::fromStdString(launched.attached.error().message));
    }
    return;
  }
  if (!first) {
    // It has begun beside the one that is followed: History shows it, as if it waited.
    Q_EMIT queued(launched.folder);
    return;
  }
  mailbox_ = mailbox;
  subscription_ = std::move(launched.attached->subscription);
  past_ = std::move(launched.attached->past);
  directory_ = launched.folder;
  fresh_ = launched.fresh;
  const bool wentOn = launched.again && !told_;
  again_ = launched.again;
  begun_ = false;
  newest_ = 0;
  told_ = false;
  refusal_ = {};
  step_ = 0;
  timer_.start();
  if (stopWhenStarted_) send(StopRun{*stopWhenStarted_ == StopMode::Save});
  if (launched.fresh) {
    // All of it is news.
    const auto news = std::exchange(past_, {});
    for (const auto& event : news) mailbox_->receive(event);
    deliver();
  } else if (hasBegun(past_) || wentOn) {
    const bool paused = isPaused(past_);
    begin();
    if (paused && state_ == State::Training) setState(State::Paused);
  }
}

void RunController::begin() {
  begun_ = true;
  Q_EMIT started(again_);
  const auto past = std::exchange(past_, {});
  if (!past.empty()) Q_EMIT eventsArrived(past);
  setState(stopWhenStarted_ ? State::Stopping : State::Training);
}

void RunController::leave() {
  timer_.stop();
  forget();
  outbox_.clear();
  setState(State::Idle);
}

void RunController::pause() {
  if (state_ != State::Training) return;
  send(PauseRun{});
  setState(State::Pausing);
}

void RunController::unpause() {
  if (state_ != State::Paused && state_ != State::Pausing) return;
  send(UnpauseRun{});
  setState(State::Training);
}

void RunController::saveNow() {
  if (subscription_) send(SaveRun{});
}

void RunController::sampleNow(const std::string& prompt) {
  if (subscription_) send(SampleRun{prompt});
}

void RunController::stop(StopMode mode) {
  if (!active()) return;
  stopWhenStarted_ = mode;
  if (subscription_) send(StopRun{mode == StopMode::Save});
  setState(State::Stopping);
}

void RunController::send(const Command& command) {
  outbox_.push_back(command);
  if (!sending_) flush();
}

void RunController::flush() {
  sending_ = true;
  pool_.run([self = QPointer<RunController>(this), &runs = runs_, folder = directory_,
             commands = std::exchange(outbox_, {})]() -> std::function<void()> {
    Status status;
    for (const auto& command : commands) {
      status = runs.send(folder, command);
      if (!status) break;
    }
    return [self, folder, status] {
      if (!self) return;
      self->sending_ = false;
      // One that has ended meanwhile says so by itself.
      if (!status && self->subscription_ && !self->subscription_->ended() && folder == self->directory_) {
        Q_EMIT self->commandFailed(QString::fromStdString(status.error().message));
      }
      if (!self->outbox_.empty()) self->flush();
    };
  });
}

void RunController::deliver() {
  if (!subscription_) return;
  // Asked first: what came before the end is then in the mailbox.
  const bool over = subscription_->ended();
  auto events = mailbox_->take();
  if (!begun_) events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(open(events)));
  if (!events.empty()) Q_EMIT eventsArrived(events);
  for (const Event& event : events) follow(event);
  if (over) finish();
}

std::size_t RunController::open(const std::vector<Event>& events) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (std::holds_alternative<RunStarted>(events[i])) {
      begin();
      return i;
    }
    if (const auto* phase = std::get_if<PhaseChanged>(&events[i])) {
      Q_EMIT opening(QString::fromStdString(phase->phase));
    }
    if (const auto* why = std::get_if<RunRefused>(&events[i])) refusal_ = *why;
    if (const auto* why = std::get_if<WorkerEnded>(&events[i])) refusal_.message = why->reason;
  }
  return events.size();
}

void RunController::follow(const Event& event) {
  if (const auto* step = std::get_if<StepCompleted>(&event)) step_ = step->step;
  if (const auto* phase = std::get_if<PhaseChanged>(&event)) {
    // An order that was given meanwhile goes before what the run reports of an older one.
    if (phase->phase == "paused" && state_ == State::Pausing) setState(State::Paused);
  }
  // Others give commands too.
  if (const auto* command = std::get_if<CommandReceived>(&event); command != nullptr && state_ != State::Stopping) {
    if (command->command == "pause" && state_ == State::Training) setState(State::Pausing);
    if (command->command == "unpause" && !sending_) setState(State::Training);
    if (command->command == "stop") setState(State::Stopping);
  }
  if (endsRun(event)) {
    told_ = true;
    setState(State::Stopping);
  }
}

void RunController::forget() {
  if (!subscription_) return;
  // What was handed over is all that has come: the mailbox is emptied before.
  if (begun_) newest_ = subscription_->newest();
  subscription_.reset();
}

void RunController::finish() {
  timer_.stop();
  const QString lost = QString::fromStdString(subscription_->lost());
  if (refusal_.message.empty()) refusal_.message = lost.toStdString();
  forget();
  if (!begun_) {
    refuse();
    return;
  }
  if (!told_ && lost.isEmpty()) {
    Q_EMIT eventsArrived({WorkerEnded{step_, tr("The run's process is gone without a word.").toStdString()}});
  }
  setState(State::Idle);
  if (!lost.isEmpty()) Q_EMIT followedNoLonger(lost);
  Q_EMIT ended();
}

void RunController::refuse() {
  // Nothing was trained in it, and the reason is about to be told.
  if (fresh_) {
    pool_.run([&engine = engine_, folder = directory_]() -> std::function<void()> {
      static_cast<void>(engine.deleteRun(folder));
      return [] {};
    });
  }
  setState(State::Idle);
  // Who was told to stop meanwhile is not asked whether to go on.
  if (!refusal_.dataChanges.empty() && !stopWhenStarted_) {
    Q_EMIT dataChanged(directory_, QString::fromStdString(refusal_.dataChanges));
    return;
  }
  const auto sentence = refusal_.message.empty()
                            ? tr("The run's process ended before it began. Its folder has worker.log.")
                            : QString::fromStdString(refusal_.message);
  Q_EMIT refused(sentence);
}

void RunController::setState(State state) {
  if (state_ == state) return;
  state_ = state;
  Q_EMIT stateChanged();
}

}  // namespace rosa::ui
