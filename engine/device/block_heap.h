// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace rosa::device {

/// Large blocks of memory out of long stretches of address space, reused without giving pages back in between.
///
/// A training step takes and returns the same few hundred blocks, and from batch to batch their sizes differ a little.
/// Blocks kept by size would pile up, one set for each batch length; blocks given back to the kernel cost a page fault
/// each time they are used again. Here a returned block joins its free neighbours and the smallest free stretch that is
/// long enough is cut for the next, so that what stays resident is about the peak of what was in use.
///
/// Not safe for several threads at once: the owner locks.
class BlockHeap {
 public:
  /// `segmentBytes` of address space are reserved at a time; they take memory only once they are written to.
  explicit BlockHeap(std::size_t segmentBytes);
  BlockHeap(const BlockHeap&) = delete;
  BlockHeap& operator=(const BlockHeap&) = delete;
  ~BlockHeap();

  /// A page-aligned block of at least `bytes`; null when the system has no more.
  [[nodiscard]] void* allocate(std::size_t bytes);
  void release(void* block);

  /// Bytes of free stretches that were in use before and still occupy memory.
  [[nodiscard]] std::size_t residentFreeBytes() const { return residentFree_; }
  /// Gives the pages of all free stretches back to the system.
  void trim();

 private:
  struct Stretch {
    std::size_t bytes = 0;
    std::size_t resident = 0;  ///< of a free stretch; at its front
    bool free = true;
  };
  using Stretches = std::map<std::byte*, Stretch>;

  bool addSegment(std::size_t bytes);
  void putBack(Stretches::iterator stretch);
  void takeOut(Stretches::iterator stretch);
  /// Appends `right` to its free left neighbour.
  void merge(Stretches::iterator left, Stretches::iterator right);

  std::size_t segmentBytes_;
  std::vector<std::pair<void*, std::size_t>> segments_;
  Stretches stretches_;                                ///< all, by address
  std::set<std::pair<std::size_t, std::byte*>> free_;  ///< by size, then address
  std::size_t residentFree_ = 0;
};

}  // namespace rosa::device
