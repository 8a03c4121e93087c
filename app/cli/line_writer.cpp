// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/line_writer.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <string_view>
#include <utility>

namespace rosa::cli {

LineWriter::LineWriter(int descriptor, Settings settings)
    : descriptor_(descriptor), settings_(std::move(settings)), thread_([this] { work(); }) {}

LineWriter::~LineWriter() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void LineWriter::write(std::string line) {
  const std::lock_guard lock(mutex_);
  if (gone_) return;
  if (waitingBytes_ >= settings_.mostWaitingBytes) {
    ++leftOut_;
    return;
  }
  if (leftOut_ > 0) line = settings_.leftOut(std::exchange(leftOut_, 0)) + "\n" + line;
  line += '\n';
  waitingBytes_ += line.size();
  waiting_.push_back(std::move(line));
  changed_.notify_all();
}

void LineWriter::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
    if (waiting_.empty() && leftOut_ == 0) return;
    if (waiting_.empty()) waiting_.push_back(settings_.leftOut(std::exchange(leftOut_, 0)) + "\n");
    const auto line = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const bool written = writeAll(line);
    lock.lock();
    waitingBytes_ -= std::min(waitingBytes_, line.size());
    if (written) continue;
    gone_ = true;
    waiting_.clear();
    leftOut_ = 0;
    return;
  }
}

bool LineWriter::writeAll(std::string_view text) {
  using Clock = std::chrono::steady_clock;
  constexpr auto kPatience = std::chrono::seconds(2);
  constexpr int kPollMilliseconds = 100;
  auto taken = Clock::now();
  while (!text.empty()) {
    pollfd ready{descriptor_, POLLOUT, 0};
    const int count = ::poll(&ready, 1, kPollMilliseconds);
    if (count < 0 && errno != EINTR) return false;
    if (count <= 0) {
      const std::lock_guard lock(mutex_);
      if (closing_ && settings_.giveUp() && Clock::now() - taken > kPatience) return false;
      continue;
    }
    // A pipe that is ready takes so much without waiting.
    const auto wrote = ::write(descriptor_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (wrote < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (wrote < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(wrote));
    taken = Clock::now();
  }
  return true;
}

}  // namespace rosa::cli
