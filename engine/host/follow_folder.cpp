// SPDX-License-Identifier: GPL-3.0-or-later
#include "host/follow_folder.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "store/course.h"
#include "store/course_line.h"
#include "store/event_log.h"
#include "store/event_tail.h"
#include "store/line_file.h"

namespace rosa::host {
namespace {

constexpr auto kPause = std::chrono::milliseconds(33);

class FolderSubscription final : public Subscription {
 public:
  FolderSubscription(store::EventTail tail, std::int64_t newest, EventSink& sink, std::function<bool()> goesOn)
      : goesOn_(std::move(goesOn)), tail_(std::move(tail)), sink_(sink), newest_(newest), thread_([this] { work(); }) {}
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
  [[nodiscard]] std::int64_t newest() const override { return newest_; }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (!left_) {
      // Asked before the events are read: what a run that has ended by now wrote last is then read too.
      const bool runs = goesOn_();
      // What cannot be read now may be readable the next time.
      static_cast<void>(tail_.read([this](StoredEvent stored) {
        newest_ = stored.sequence > 0 ? stored.sequence : newest_ + 1;
        sink_.receive(std::move(stored.event));
      }));
      if (!runs) break;
      changed_.wait_for(lock, kPause, [this] { return left_; });
    }
    ended_ = true;
  }

  std::function<bool()> goesOn_;
  store::EventTail tail_;
  EventSink& sink_;
  std::atomic<std::int64_t> newest_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool left_ = false;
  std::atomic<bool> ended_ = false;
  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace

Expected<Attached> followFolder(const store::RunFolder& folder, std::int64_t from, EventSink& sink,
                                std::function<bool()> goesOn) {
  ROSA_TRY(auto course, store::readCourse(folder, from));
  Attached attached;
  attached.past.reserve(course.events.size());
  for (auto& stored : course.events) attached.past.push_back(std::move(stored.event));
  attached.subscription = std::make_unique<FolderSubscription>(store::EventTail(folder, course.offset), course.newest,
                                                               sink, std::move(goesOn));
  return attached;
}

Expected<Attached> followFolder(const store::RunFolder& folder, std::int64_t from, EventSink& sink) {
  return followFolder(folder, from, sink, [folder] { return store::isLocked(folder); });
}

}  // namespace rosa::host

namespace rosa {

Status followLines(const std::filesystem::path& path, std::int64_t from,
                   const std::function<bool(std::string_view line)>& visit, const std::function<bool()>& leave) {
  ROSA_TRY(const auto folder, store::openRunFolder(path));
  ROSA_TRY(const auto place, store::placeAfter(folder, from));
  std::int64_t sequence = place.sequence;
  bool left = false;
  const Error enough{"Nobody wants to read on."};
  store::LineTail tail(folder.eventsFile(), store::kLongestEvent, place.offset);
  while (!left) {
    // Asked before the lines are read, as above.
    const bool runs = store::isLocked(folder);
    const auto status = tail.read([&](std::string_view line) -> Status {
      const std::int64_t numbered = store::glanceAt(line).sequence;
      sequence = numbered > 0 ? numbered : sequence + 1;
      left = sequence > from && !visit(line);
      return left ? Status(enough) : Status();
    });
    if (left) break;
    ROSA_CHECK(status);
    left = !runs || leave();
    if (!left) std::this_thread::sleep_for(host::kPause);
  }
  return {};
}

}  // namespace rosa
