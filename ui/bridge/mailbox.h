// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "rosa/events.h"

namespace rosa::ui {

/// Where a run's events wait for the window. The run's thread puts them in and never waits for the window; the window
/// takes all of them at once.
///
/// Bounded: when nobody takes them, steps, memory samples, phases and log lines are thinned out, every second one goes,
/// the newest of each kind stays. Everything else (start, resamples, evaluations, samples, saves, the end) is rare and
/// never lost. What is stored on disk is complete either way. Any thread.
class Mailbox : public EventSink {
 public:
  static constexpr std::size_t kCapacity = 4096;

  /// `capacity`: the most events that may be thinned out kept at a time, at least 8.
  explicit Mailbox(std::size_t capacity = kCapacity);

  void receive(const Event& event) override;
  /// Everything that came since the last call, in order.
  [[nodiscard]] std::vector<Event> take();
  /// How many events were thinned out since the mailbox was made.
  [[nodiscard]] std::int64_t dropped() const;

 private:
  void thinOut();

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::vector<Event> events_;
  std::size_t mergeable_ = 0;  ///< how many of `events_` may be thinned out
  std::int64_t dropped_ = 0;
};

}  // namespace rosa::ui
