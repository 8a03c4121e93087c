// SPDX-License-Identifier: GPL-3.0-or-later
#include "host/remote_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "rosa/runs.h"
#include "store/course.h"
#include "store/course_line.h"
#include "store/event_log.h"

namespace rosa::host {
namespace {

constexpr std::chrono::milliseconds kFirstPause(500);
constexpr std::chrono::milliseconds kLongestPause(30'000);
/// In a row, without an answer: five minutes, about.
constexpr int kMostTries = 14;

}  // namespace

RemoteFeed::RemoteFeed(store::RunFolder folder, store::RunOrigin origin, RemoteShell shell)
    : folder_(std::move(folder)), origin_(std::move(origin)), shell_(std::move(shell)), thread_([this] { work(); }) {}

RemoteFeed::~RemoteFeed() {
  {
    const std::lock_guard lock(mutex_);
    left_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::string RemoteFeed::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

bool RemoteFeed::left() const {
  const std::lock_guard lock(mutex_);
  return left_;
}

bool RemoteFeed::wait(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return left_; });
}

void RemoteFeed::lose(const Error& reason) {
  const std::lock_guard lock(mutex_);
  lost_ = reason.message;
}

void RemoteFeed::work() {
  std::optional<store::RunLock> lock;
  while (!lock && !left()) {
    // Held by another process, which writes the same.
    if (auto taken = store::RunLock::take(folder_)) lock.emplace(*std::move(taken));
  }
  int tries = 0;
  auto pause = kFirstPause;
  while (!left() && feedOnce()) {
    if (answered_) {
      tries = 0;
      pause = kFirstPause;
    }
    if (++tries > kMostTries || !wait(pause)) break;
    pause = std::min(2 * pause, kLongestPause);
  }
  lock.reset();
  over_ = true;
}

bool RemoteFeed::feedOnce() {
  answered_ = false;
  // Where an earlier connection, or another process, ended.
  const auto course = store::readCourse(folder_, newest_);
  if (!course) {
    lose(course.error());
    return false;
  }
  newest_ = course->newest;
  auto file = store::LineFile::open(folder_.eventsFile());
  if (!file) {
    lose(file.error());
    return false;
  }
  file_.emplace(*std::move(file));
  auto ssh = shell_.open({"host", "follow", origin_.folder.string(), "--from", std::to_string(newest_)});
  if (!ssh) {
    lose(ssh.error());
    return false;
  }
  const End end = follow(*ssh);
  everAnswered_ = everAnswered_ || answered_;
  if (end == End::RunEnded) lose({});
  // A host that never answered is told at once; one that did may be back in a moment.
  return end == End::Broken && everAnswered_;
}

RemoteFeed::End RemoteFeed::follow(ChildProcess& ssh) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kGlance(200);
  const auto silentAfter = Clock::now() + shell_.patience();
  for (;;) {
    if (left()) return End::Left;
    const auto heard = ssh.hear(kGlance);
    const Status taken = takeLines(ssh.output());
    if (!taken) {
      lose(taken.error());
      return End::Broken;
    }
    if (heard == ChildProcess::Heard::End) break;
    if (!answered_ && Clock::now() > silentAfter) {
      lose(shell_.silent());
      return End::Broken;
    }
  }
  const int code = ssh.exitCode();
  if (code == 0 && answered_) return End::RunEnded;
  lose(code == 0 ? shell_.foreign(ssh.output()) : shell_.failed(code, ssh.error()));
  return End::Broken;
}

Status RemoteFeed::takeLines(std::string& text) {
  std::size_t from = 0;
  for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', from)) {
    ROSA_CHECK(takeLine(std::string_view(text).substr(from, end - from)));
    from = end + 1;
  }
  // What was no answer is kept, to be told.
  if (answered_) text.erase(0, from);
  return text.size() > store::kLongestEvent ? Status(shell_.foreign(text)) : Status();
}

Status RemoteFeed::takeLine(std::string_view line) {
  if (!answered_) {
    // Start-up files of the host's shell may print something before.
    const auto answer = hostAnswerFromJson(line);
    if (!answer) return {};
    answered_ = true;
    if (answer->waits == origin_.waits) return {};
    origin_.waits = answer->waits;
    return store::writeRunOrigin(folder_, origin_);
  }
  const auto sequence = store::glanceAt(line).sequence;
  const bool event =
      line.starts_with('{') && line.ends_with('}') && line.find("\"event\":\"") != std::string_view::npos;
  if (!event) return shell_.foreign(line);
  if (sequence > 0 && sequence <= newest_) return {};
  newest_ = sequence > 0 ? sequence : newest_ + 1;
  return file_->append(line);
}

}  // namespace rosa::host
