// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/event_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

namespace rosa::store {
namespace {

template <typename Alternative>
bool is(const Event& event) {
  return std::holds_alternative<Alternative>(event);
}

/// The event as a person reads it; nothing for those that only fill plots.
struct Sentence {
  using Text = std::optional<std::string>;

  Text operator()(const RunStarted& event) const {
    return event.firstStep == 0
               ? fmt::format("info run started, {} steps", event.totalSteps)
               : fmt::format("info run resumed after step {} of {}", event.firstStep, event.totalSteps);
  }
  Text operator()(const PhaseChanged& event) const { return fmt::format("info {} (step {})", event.phase, event.step); }
  Text operator()(const LogLine& event) const { return fmt::format("{} {}", event.level, event.text); }
  Text operator()(const CommandReceived& event) const {
    return fmt::format("info told to {}{}{} (step {})", event.command, event.argument.empty() ? "" : " ",
                       event.argument, event.step);
  }
  Text operator()(const RunRefused& event) const { return fmt::format("error not started: {}", event.message); }
  Text operator()(const WorkerEnded& event) const {
    return fmt::format("error {} (step {})", event.reason, event.step);
  }
  Text operator()(const RunFailed& event) const {
    return fmt::format("error run failed at step {}: {}", event.step, event.message);
  }
  Text operator()(const RunFinished& event) const {
    return fmt::format("info run {} at step {}", event.outcome, event.step);
  }
  template <typename Other>
  Text operator()(const Other&) const {
    return std::nullopt;
  }
};

/// Of the newest event. Files of versions that did not number their events are counted.
Expected<std::int64_t> newestSequence(const RunFolder& folder) {
  std::int64_t lines = 0;
  std::string last;
  const auto count = [&](std::string_view line) -> Status {
    ++lines;
    last = line;
    return {};
  };
  const auto numbered = [&last] {
    const auto stored = storedEventFromJson(last);
    return stored ? stored->sequence : 0;
  };
  // The last lines tell it, unless the very last is a long one.
  constexpr std::int64_t kTail = std::int64_t{64} << 10;
  std::error_code code;
  const auto size = std::filesystem::file_size(folder.eventsFile(), code);
  if (!code && static_cast<std::int64_t>(size) > kTail) {
    ROSA_CHECK(LineTail(folder.eventsFile(), kLongestEvent, static_cast<std::int64_t>(size) - kTail).read(count));
    if (const auto sequence = numbered(); sequence > 0) return sequence;
    lines = 0;
  }
  ROSA_CHECK(visitLines(folder.eventsFile(), kLongestEvent, count));
  return std::max(lines, numbered());
}

bool endsSession(const Event& event) {
  return is<RunFailed>(event) || is<RunFinished>(event) || is<RunRefused>(event) || is<WorkerEnded>(event);
}

}  // namespace

EventLog::EventLog(RunFolder folder, LineFile events, LineFile metrics, LineFile log, std::int64_t sequence)
    : folder_(std::move(folder)),
      events_{std::move(events), {}},
      metrics_{std::move(metrics), {}},
      log_{std::move(log), {}},
      sequence_(sequence) {}

Expected<EventLog> EventLog::open(const RunFolder& folder) {
  ROSA_TRY(auto events, LineFile::open(folder.eventsFile()));
  ROSA_TRY(auto metrics, LineFile::open(folder.metricsFile()));
  ROSA_TRY(auto log, LineFile::open(folder.logFile()));
  ROSA_TRY(const auto sequence, newestSequence(folder));
  return EventLog(folder, std::move(events), std::move(metrics), std::move(log), sequence);
}

Status EventLog::append(const Event& event) {
  auto status = writeAll();
  if (status && leftOut_ > 0) {
    queue(LogLine{"warning", fmt::format("{} events are missing here: there was no room to keep them until they could "
                                         "be written.",
                                         std::exchange(leftOut_, 0))});
  }
  syncDue_ = syncDue_ || is<CheckpointSaved>(event) || endsSession(event);
  if (status || waitingBytes_ < mostWaitingBytes_) {
    queue(event);
  } else {
    ++leftOut_;
  }
  if (!status) return status;
  ROSA_CHECK(writeAll());
  return syncDue_ ? syncAll() : Status{};
}

void EventLog::queue(const Event& event) {
  const auto now = base::Clock::real().now();
  const std::chrono::duration<double> sinceEpoch = now.time_since_epoch();
  push(events_, toJson(StoredEvent{++sequence_, sinceEpoch.count(), event}));
  if (is<StepCompleted>(event) || is<EvaluationCompleted>(event)) push(metrics_, toJson(event));
  if (const auto sentence = std::visit(Sentence{}, event)) {
    // printable keeps a message of several lines in one, and control characters off the reader's terminal.
    push(log_, base::formatUtc(now) + " " + base::printable(*sentence));
  }
}

void EventLog::push(Stream& stream, std::string line) {
  waitingBytes_ += line.size();
  stream.waiting.push_back(std::move(line));
}

Status EventLog::write(Stream& stream) {
  while (!stream.waiting.empty()) {
    ROSA_CHECK(stream.file.append(stream.waiting.front()));
    waitingBytes_ -= stream.waiting.front().size();
    stream.waiting.pop_front();
  }
  return {};
}

Status EventLog::writeAll() {
  for (auto* stream : {&events_, &metrics_, &log_}) ROSA_CHECK(write(*stream));
  return {};
}

Status EventLog::syncAll() {
  for (auto* stream : {&events_, &metrics_, &log_}) ROSA_CHECK(stream->file.sync());
  // The files' names, made when the log was opened, are the folder's content.
  ROSA_CHECK(base::FileSystem::real().sync(folder_.path));
  syncDue_ = false;
  return {};
}

}  // namespace rosa::store
