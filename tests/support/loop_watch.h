// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMetaObject>
#include <QObject>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <semaphore>
#include <stop_token>
#include <thread>
#include <vector>

namespace rosa::test {

/// How long the GUI thread lets an event wait: a thread sends it one every two milliseconds and looks at the clock when
/// it arrives. Made and asked on the GUI thread, whose event loop must run while it watches.
class LoopWatch {
 public:
  LoopWatch() : asker_([this](const std::stop_token& stop) { ask(stop); }) {}
  LoopWatch(const LoopWatch&) = delete;
  LoopWatch& operator=(const LoopWatch&) = delete;

  /// Only events sent while it watches count.
  void setWatching(bool watching) {
    ++epoch_;
    watching_ = watching;
  }

  [[nodiscard]] std::size_t count() const { return waits_.size(); }
  [[nodiscard]] std::size_t countAbove(double milliseconds) const {
    return static_cast<std::size_t>(
        std::count_if(waits_.begin(), waits_.end(), [milliseconds](double wait) { return wait > milliseconds; }));
  }
  /// In milliseconds; the share of waits that are not longer, 1 for the longest.
  [[nodiscard]] double quantile(double share) const {
    if (waits_.empty()) return 0;
    std::vector<double> sorted = waits_;
    std::sort(sorted.begin(), sorted.end());
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
  }

 private:
  using Clock = std::chrono::steady_clock;

  void ask(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      // Shared with the event, which may outlive this turn of the loop.
      const auto answered = std::make_shared<std::binary_semaphore>(0);
      QMetaObject::invokeMethod(
          &receiver_,
          [this, answered, sent = Clock::now(), epoch = epoch_.load()] {
            if (watching_ && epoch == epoch_) {
              waits_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - sent).count());
            }
            answered->release();
          },
          Qt::QueuedConnection);
      while (!stop.stop_requested() && !answered->try_acquire_for(std::chrono::milliseconds(50))) {
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

  QObject receiver_;
  std::atomic<bool> watching_ = false;
  std::atomic<int> epoch_ = 0;
  std::vector<double> waits_;  ///< touched by the GUI thread alone
  std::jthread asker_;
};

}  // namespace rosa::test
