// SPDX-License-Identifier: GPL-3.0-or-later
#include "bridge/mailbox.h"

#include <algorithm>
#include <array>
#include <utility>

namespace rosa::ui {
namespace {

constexpr std::size_t kLeastCapacity = 8;

bool mayGo(const Event& event) {
  return std::holds_alternative<StepCompleted>(event) || std::holds_alternative<MemorySampled>(event) ||
         std::holds_alternative<PhaseChanged>(event) || std::holds_alternative<LogLine>(event);
}

}  // namespace

Mailbox::Mailbox(std::size_t capacity) : capacity_(std::max(capacity, kLeastCapacity)) {}

void Mailbox::receive(const Event& event) {
  const std::lock_guard lock(mutex_);
  if (mayGo(event)) {
    if (mergeable_ >= capacity_) thinOut();
    ++mergeable_;
  }
  events_.push_back(event);
}

void Mailbox::thinOut() {
  // From the newest back, each kind counted by itself: the first, third, ... of a kind stays.
  std::array<std::size_t, std::variant_size_v<Event>> seen{};
  std::vector<Event> kept;
  kept.reserve(events_.size());
  for (auto event = events_.rbegin(); event != events_.rend(); ++event) {
    if (mayGo(*event) && seen.at(event->index())++ % 2 == 1) {
      --mergeable_;
      ++dropped_;
    } else {
      kept.push_back(std::move(*event));
    }
  }
  std::reverse(kept.begin(), kept.end());
  events_ = std::move(kept);
}

std::vector<Event> Mailbox::take() {
  const std::lock_guard lock(mutex_);
  mergeable_ = 0;
  return std::exchange(events_, {});
}

std::int64_t Mailbox::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace rosa::ui
