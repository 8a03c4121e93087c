// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/background.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <variant>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/progress_sink.h"

namespace rosa::cli {
namespace {

/// Passes events on and keeps in mind how the newest session stands.
class StandSink final : public EventSink {
 public:
  explicit StandSink(EventSink* next) : next_(next) {}

  void receive(const Event& event) override {
    if (std::holds_alternative<RunStarted>(event) || std::holds_alternative<StepCompleted>(event)) {
      begun_ = true;
      failed_ = false;
    }
    if (const auto* refused = std::get_if<RunRefused>(&event)) fail(refused->message);
    if (const auto* failed = std::get_if<RunFailed>(&event)) fail(failed->message);
    if (const auto* ended = std::get_if<WorkerEnded>(&event)) fail(ended->reason);
    if (next_ != nullptr) next_->receive(event);
  }

  [[nodiscard]] bool begun() const { return begun_; }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::string reason() const {
    const std::lock_guard lock(mutex_);
    return reason_;
  }

 private:
  void fail(const std::string& reason) {
    const std::lock_guard lock(mutex_);
    reason_ = reason;
    failed_ = true;
  }

  EventSink* next_;
  mutable std::mutex mutex_;
  std::string reason_;
  std::atomic<bool> begun_ = false;
  std::atomic<bool> failed_ = false;
};

constexpr auto kPause = std::chrono::milliseconds(20);

bool waits(Runs& runs, const std::filesystem::path& folder) {
  const auto queue = runs.queue();
  return queue && std::ranges::find(*queue, folder, &QueuedRun::folder) != queue->end();
}

}  // namespace

int followRun(Runs& runs, const std::filesystem::path& folder, EventSink& sink, bool withPast) {
  watchInterrupts(SecondInterrupt::EndsProcess);
  std::int64_t told = 0;
  if (withPast) {
    // What is stored now, whole; what comes then goes on behind it.
    const auto status = followLines(
        folder, 0,
        [&](std::string_view line) {
          const auto stored = storedEventFromJson(line);
          ++told;
          if (!stored) return true;
          told = std::max(told, stored->sequence);
          sink.receive(stored->event);
          return !interrupted();
        },
        [] { return true; });
    if (!status) {
      printError(status.error().message);
      return kWrongInput;
    }
  }
  StandSink stand(&sink);
  auto attached = runs.attach(folder, told, stand);
  if (!attached) {
    printError(attached.error().message);
    return kWrongInput;
  }
  for (const auto& event : attached->past) {
    if (withPast || std::holds_alternative<RunStarted>(event)) sink.receive(event);
  }
  const auto& subscription = *attached->subscription;
  while (!subscription.ended() && !interrupted()) std::this_thread::sleep_for(kPause);
  if (subscription.ended() && !subscription.lost().empty()) {
    printError(subscription.lost());
    return kFailed;
  }
  return stand.failed() ? kFailed : kDone;
}

int tellBegun(Runs& runs, const std::filesystem::path& folder, bool background, bool jsonLines, bool withPast) {
  if (background) {
    fmt::print("{}\n", folder.string());
    return kDone;
  }
  std::signal(SIGPIPE, SIG_IGN);
  const auto sink = makeSink(jsonLines);
  return followRun(runs, folder, *sink, withPast);
}

std::int64_t newestOf(Runs& runs, const std::filesystem::path& folder) {
  StandSink stand(nullptr);
  const auto attached = runs.attach(folder, 0, stand);
  return attached ? attached->subscription->newest() : 0;
}

int waitForBegin(Engine& engine, Runs& runs, const std::filesystem::path& folder,
                 std::optional<std::int64_t> resumedFrom) {
  if (waits(runs, folder)) {
    fmt::print("{} waits for its turn: `rosa queue` shows the order.\n", folder.string());
    return kDone;
  }
  StandSink stand(nullptr);
  auto attached = runs.attach(folder, resumedFrom.value_or(0), stand);
  if (!attached) {
    printError(attached.error().message);
    return kWrongInput;
  }
  // A quick start may have told that it began before it was attached to.
  for (const auto& event : attached->past) stand.receive(event);
  while (!stand.begun() && !attached->subscription->ended()) std::this_thread::sleep_for(kPause);
  if (stand.begun()) {
    fmt::print("{}\n", folder.string());
    return kDone;
  }
  if (!resumedFrom) static_cast<void>(engine.deleteRun(folder));
  printError(stand.failed() ? stand.reason() : "The run ended before it began. Its folder has worker.log.");
  return kWrongInput;
}

}  // namespace rosa::cli
