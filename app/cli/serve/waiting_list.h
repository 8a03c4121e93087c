// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>

namespace rosa::cli {

/// Who may use the one model, in the order in which they came. Outlives its places.
class WaitingList {
 public:
  /// So many wait at most beside the one whose turn it is.
  explicit WaitingList(std::size_t most) : most_(most) {}

  class Place {
   public:
    Place(WaitingList& list, std::uint64_t number) : list_(list), number_(number) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();
    /// Until it is this one's turn, which lasts until it is destroyed. False when `giveUp`, asked every 50 ms, became
    /// true.
    [[nodiscard]] bool wait(const std::function<bool()>& giveUp) const;

   private:
    WaitingList& list_;
    std::uint64_t number_;
  };

  /// Null where the list is full.
  [[nodiscard]] std::shared_ptr<Place> take();

 private:
  std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_ = 0;
  std::list<std::uint64_t> places_;  ///< the first one's turn it is
};

}  // namespace rosa::cli
