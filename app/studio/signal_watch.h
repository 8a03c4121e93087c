// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSocketNotifier>
#include <array>
#include <csignal>
#include <functional>
#include <memory>

namespace rosa::studio {

/// Turns the first SIGTERM, SIGINT or SIGHUP into a call in the GUI thread. A second one of the same kind ends the
/// process as if nobody watched; one that the parent had ignored (nohup) stays ignored.
///
/// One at a time in a process, GUI thread only. Without a pipe to be had, signals do what they do by themselves.
class SignalWatch {
 public:
  explicit SignalWatch(std::function<void()> asked);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  static constexpr std::array kSignals = {SIGTERM, SIGINT, SIGHUP};

  std::function<void()> asked_;
  std::array<struct sigaction, kSignals.size()> former_ = {};
  std::array<int, 2> pipe_ = {-1, -1};
  std::unique_ptr<QSocketNotifier> notifier_;
};

}  // namespace rosa::studio
