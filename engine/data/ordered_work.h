// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace rosa::data {

/// Threads that work on pieces while whoever hands them out takes the results in the order of the pieces. No more
/// pieces are on their way than a few for each thread, so that memory stays as it is however long the row of them. Used
/// by one thread; `threads` of 1 work when a piece is handed in, on the caller's thread.
template <typename Result>
class OrderedWork {
 public:
  explicit OrderedWork(std::int64_t threads) {
    for (std::int64_t i = 0; threads > 1 && i < threads; ++i) workers_.emplace_back([this] { serve(); });
  }
  OrderedWork(const OrderedWork&) = delete;
  OrderedWork& operator=(const OrderedWork&) = delete;
  /// What was not begun is dropped.
  ~OrderedWork() {
    {
      const std::lock_guard lock(mutex_);
      waiting_.clear();
      ended_ = true;
    }
    some_.notify_all();
    for (auto& worker : workers_) worker.join();
  }

  /// Whether a result is to be taken before another piece is handed in.
  [[nodiscard]] bool full() const {
    constexpr std::size_t kPerThread = 3;
    return results_.size() >= std::max<std::size_t>(1, kPerThread * workers_.size());
  }
  [[nodiscard]] bool empty() const { return results_.empty(); }

  void add(std::function<Result()> work) {
    std::packaged_task<Result()> task(std::move(work));
    results_.push_back(task.get_future());
    if (workers_.empty()) return task();
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(task));
    }
    some_.notify_one();
  }
  /// Of the piece handed in first among those whose result was not taken; waits for it. Throws what its work threw.
  [[nodiscard]] Result take() {
    auto result = std::move(results_.front());
    results_.pop_front();
    return result.get();
  }

 private:
  void serve() {
    for (;;) {
      std::packaged_task<Result()> task;
      {
        std::unique_lock lock(mutex_);
        some_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        task = std::move(waiting_.front());
        waiting_.pop_front();
      }
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable some_;
  std::deque<std::packaged_task<Result()>> waiting_;
  bool ended_ = false;
  std::deque<std::future<Result>> results_;
  std::vector<std::thread> workers_;
};

}  // namespace rosa::data
