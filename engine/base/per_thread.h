// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace rosa::base {

/// A value for each thread that asks, made when it first does and kept as long as this is: what const functions that
/// several threads call remember or scribble in. A copy begins without any.
template <typename T>
class PerThread {
 public:
  PerThread() = default;
  PerThread(const PerThread& /*other*/) : PerThread() {}
  PerThread& operator=(const PerThread& /*other*/) { return *this; }
  ~PerThread() = default;

  /// The calling thread's own.
  [[nodiscard]] T& get() const {
    struct Known {
      std::uint64_t owner = 0;
      T* value = nullptr;
    };
    // Numbers of owners are never used again, so what is known of one that is gone is never asked for.
    thread_local std::array<Known, 16> known;
    auto& last = known[number_ % known.size()];
    if (last.owner != number_) last = {number_, &ofThisThread()};
    return *last.value;
  }

 private:
  static std::uint64_t nextNumber() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
  }
  T& ofThisThread() const {
    const std::lock_guard lock(mutex_);
    auto& value = values_[std::this_thread::get_id()];
    if (value == nullptr) value = std::make_unique<T>();
    return *value;
  }

  std::uint64_t number_ = nextNumber();
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::thread::id, std::unique_ptr<T>> values_;
};

}  // namespace rosa::base
