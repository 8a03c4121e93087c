// SPDX-License-Identifier: GPL-3.0-or-later
#include "device/block_heap.h"

#include <sys/mman.h>

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <iterator>

namespace rosa::device {

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

std::size_t roundUp(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

BlockHeap::BlockHeap(std::size_t segmentBytes) : segmentBytes_(segmentBytes) {}

BlockHeap::~BlockHeap() {
  for (const auto& [begin, bytes] : segments_) munmap(begin, bytes);
}

void* BlockHeap::allocate(std::size_t bytes) {
  bytes = roundUp(std::max<std::size_t>(bytes, 1), kPage);
  auto fitting = free_.lower_bound({bytes, nullptr});
  if (fitting == free_.end()) {
    if (!addSegment(std::max(bytes, segmentBytes_)) && !addSegment(bytes)) return nullptr;
    fitting = free_.lower_bound({bytes, nullptr});
  }
  const auto stretch = stretches_.find(fitting->second);
  takeOut(stretch);
  if (const std::size_t rest = stretch->second.bytes - bytes; rest > 0) {
    const std::size_t resident = stretch->second.resident;
    const auto remainder =
        stretches_.emplace(stretch->first + bytes, Stretch{rest, resident > bytes ? resident - bytes : 0, true}).first;
    stretch->second.bytes = bytes;
    putBack(remainder);
  }
  stretch->second.free = false;
  return stretch->first;
}

void BlockHeap::release(void* block) {
  auto stretch = stretches_.find(static_cast<std::byte*>(block));
  assert(stretch != stretches_.end() && !stretch->second.free);
  stretch->second.free = true;
  stretch->second.resident = stretch->second.bytes;
  if (const auto next = std::next(stretch);
      next != stretches_.end() && next->second.free && stretch->first + stretch->second.bytes == next->first) {
    takeOut(next);
    merge(stretch, next);
  }
  if (stretch != stretches_.begin()) {
    if (const auto previous = std::prev(stretch);
        previous->second.free && previous->first + previous->second.bytes == stretch->first) {
      takeOut(previous);
      merge(previous, stretch);
      stretch = previous;
    }
  }
  putBack(stretch);
}

void BlockHeap::trim() {
  for (auto& [begin, stretch] : stretches_) {
    if (!stretch.free || stretch.resident == 0) continue;
    madvise(begin, stretch.bytes, MADV_DONTNEED);
    stretch.resident = 0;
  }
  residentFree_ = 0;
}

bool BlockHeap::addSegment(std::size_t bytes) {
  const std::size_t reserved = roundUp(bytes, kHugePage) + kHugePage;
  void* const begin =
      mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (begin == MAP_FAILED) return false;
  segments_.emplace_back(begin, reserved);
  const std::size_t skipped = (kHugePage - reinterpret_cast<std::uintptr_t>(begin) % kHugePage) % kHugePage;
  auto* const first = static_cast<std::byte*>(begin) + skipped;
  const std::size_t usable = reserved - kHugePage;
  madvise(first, usable, MADV_HUGEPAGE);
  putBack(stretches_.emplace(first, Stretch{usable, 0, true}).first);
  return true;
}

void BlockHeap::putBack(Stretches::iterator stretch) {
  free_.emplace(stretch->second.bytes, stretch->first);
  residentFree_ += stretch->second.resident;
}

void BlockHeap::takeOut(Stretches::iterator stretch) {
  free_.erase({stretch->second.bytes, stretch->first});
  residentFree_ -= stretch->second.resident;
}

void BlockHeap::merge(Stretches::iterator left, Stretches::iterator right) {
  left->second.bytes += right->second.bytes;
  left->second.resident += right->second.resident;
  stretches_.erase(right);
}

}  // namespace rosa::device
