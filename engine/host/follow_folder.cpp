// SPDX-License-Identifier: GPL-3.0-or-later
#include "host/follow_folder.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "store/event_log.h"
#include "store/event_tail.h"

namespace rosa::host {
namespace {

class FolderSubscription final : public Subscription {
 public:
  FolderSubscription(store::RunFolder folder, store::EventTail tail, EventSink& sink)
      : folder_(std::move(folder)), tail_(std::move(tail)), sink_(sink), thread_([this] { work(); }) {}
  FolderSubscription(const FolderSubscription&) = delete;
  FolderSubscription& operator=(const FolderSubscription&) = delete;
  ~FolderSubscription() override {
    {
      const std::lock_guard lock(mutex_);
      left_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  [[nodiscard]] bool ended() const override { return ended_; }

 private:
  void work() {
    constexpr auto kPause = std::chrono::milliseconds(33);
    std::unique_lock lock(mutex_);
    while (!left_) {
      // Asked before the events are read: what a run that has ended by now wrote last is then read too.
      const bool runs = store::isLocked(folder_);
      // What cannot be read now may be readable the next time.
      static_cast<void>(tail_.read([this](StoredEvent stored) { sink_.receive(std::move(stored.event)); }));
      if (!runs) break;
      changed_.wait_for(lock, kPause, [this] { return left_; });
    }
    ended_ = true;
  }

  store::RunFolder folder_;
  store::EventTail tail_;
  EventSink& sink_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool left_ = false;
  std::atomic<bool> ended_ = false;
  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace

Expected<Attached> followFolder(const store::RunFolder& folder, EventSink& sink) {
  store::EventTail tail(folder);
  Attached attached;
  ROSA_CHECK(tail.read([&attached](StoredEvent stored) { attached.past.push_back(std::move(stored.event)); }));
  attached.past = store::effectiveEvents(std::move(attached.past));
  attached.subscription = std::make_unique<FolderSubscription>(folder, std::move(tail), sink);
  return attached;
}

}  // namespace rosa::host
