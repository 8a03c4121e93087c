// SPDX-License-Identifier: GPL-3.0-or-later
#include "studio/signal_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace rosa::studio {
namespace {

std::atomic<int> target = -1;  // where the handler writes
static_assert(std::atomic<int>::is_always_lock_free);

/// Nothing but a write is safe here: the event loop does the rest.
void passOn(int) {
  const int before = errno;
  const char byte = 1;
  [[maybe_unused]] const auto written = write(target.load(), &byte, 1);
  errno = before;
}

}  // namespace

SignalWatch::SignalWatch(std::function<void()> asked) : asked_(std::move(asked)) {
  if (pipe2(pipe_.data(), O_NONBLOCK | O_CLOEXEC) != 0) return;
  target = pipe_[1];
  notifier_ = std::make_unique<QSocketNotifier>(pipe_[0], QSocketNotifier::Read);
  QObject::connect(notifier_.get(), &QSocketNotifier::activated, [this] {
    std::array<char, 16> bytes;
    while (read(pipe_[0], bytes.data(), bytes.size()) > 0) {
    }
    asked_();
  });
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals.at(i), nullptr, &former_.at(i));
    if (former_.at(i).sa_handler == SIG_IGN) continue;
    struct sigaction action = {};
    action.sa_handler = passOn;
    action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
    sigaction(kSignals.at(i), &action, nullptr);
  }
}

SignalWatch::~SignalWatch() {
  if (!notifier_) return;
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals.at(i), &former_.at(i), nullptr);
  notifier_.reset();
  target = -1;
  for (const int end : pipe_) close(end);
}

}  // namespace rosa::studio
