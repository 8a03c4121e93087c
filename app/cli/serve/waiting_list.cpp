// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/serve/waiting_list.h"

#include <chrono>

namespace rosa::cli {

std::shared_ptr<WaitingList::Place> WaitingList::take() {
  const std::lock_guard lock(mutex_);
  if (places_.size() > most_) return nullptr;
  places_.push_back(next_);
  return std::make_shared<Place>(*this, next_++);
}

bool WaitingList::Place::wait(const std::function<bool()>& giveUp) const {
  std::unique_lock lock(list_.mutex_);
  while (list_.places_.front() != number_) {
    lock.unlock();
    if (giveUp()) return false;
    lock.lock();
    list_.changed_.wait_for(lock, std::chrono::milliseconds(50), [&] { return list_.places_.front() == number_; });
  }
  return true;
}

WaitingList::Place::~Place() {
  {
    const std::lock_guard lock(list_.mutex_);
    list_.places_.remove(number_);
  }
  list_.changed_.notify_all();
}

}  // namespace rosa::cli
