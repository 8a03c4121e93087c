// SPDX-License-Identifier: GPL-3.0-or-later
#include "device/memory.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <sys/mman.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>

#include "device/cpu.h"

namespace rosa::device {

namespace {

// Blocks below this size come from malloc, which reuses them well itself.
constexpr std::size_t kCachedFrom = std::size_t{1} << 20;
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

// Precedes every block, one alignment unit long so that the block stays aligned.
struct Header {
  std::size_t size;      // asked for
  std::size_t capacity;  // of the block behind the header
};
static_assert(sizeof(Header) <= kAlignment);

class CountingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t size) override {
    if (size == 0) return {nullptr, nullptr, &CountingAllocator::release, c10::Device(c10::DeviceType::CPU)};
    void* data = acquire(size);
    return {data, data, &CountingAllocator::release, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &CountingAllocator::release; }
  void copy_data(void* destination, const void* source, std::size_t count) const override {
    default_copy_data(destination, source, count);
  }

  static CountingAllocator& instance() {
    // Never destroyed: tensors may outlive every static object.
    static auto* allocator = new CountingAllocator;
    return *allocator;
  }

  TensorMemory memory() const {
    return {allocated_.load(std::memory_order_relaxed), peak_.load(std::memory_order_relaxed),
            cached_.load(std::memory_order_relaxed)};
  }
  void resetPeak() { peak_.store(allocated_.load(std::memory_order_relaxed), std::memory_order_relaxed); }

  void releaseCached() {
    std::multimap<std::size_t, Header*> blocks;
    {
      const std::lock_guard lock(mutex_);
      blocks.swap(free_);
      cached_.store(0, std::memory_order_relaxed);
    }
    for (auto& [capacity, header] : blocks) std::free(header);
  }

 private:
  void* acquire(std::size_t size) {
    Header* header = size >= kCachedFrom ? takeCached(size) : nullptr;
    if (header == nullptr) header = allocateBlock(size);
    header->size = size;
    const auto now = allocated_.fetch_add(static_cast<std::int64_t>(size), std::memory_order_relaxed) +
                     static_cast<std::int64_t>(size);
    auto peak = peak_.load(std::memory_order_relaxed);
    while (now > peak && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
    }
    return reinterpret_cast<std::byte*>(header) + kAlignment;
  }

  // The smallest kept block that fits without wasting more than an eighth.
  Header* takeCached(std::size_t size) {
    const std::lock_guard lock(mutex_);
    const auto found = free_.lower_bound(size);
    if (found == free_.end() || found->first > size + size / 8) return nullptr;
    Header* header = found->second;
    free_.erase(found);
    cached_.fetch_sub(static_cast<std::int64_t>(header->capacity), std::memory_order_relaxed);
    return header;
  }

  Header* allocateBlock(std::size_t size) {
    const bool huge = size >= kHugePage;
    const std::size_t alignment = huge ? kHugePage : kAlignment;
    const std::size_t bytes = (size + kAlignment + kAlignment - 1) / kAlignment * kAlignment;
    void* block = nullptr;
    if (posix_memalign(&block, alignment, bytes) != 0) {
      releaseCached();
      if (posix_memalign(&block, alignment, bytes) != 0) throw std::bad_alloc();
    }
    if (huge) madvise(block, bytes, MADV_HUGEPAGE);
    auto* header = static_cast<Header*>(block);
    header->capacity = bytes - kAlignment;
    return header;
  }

  static void release(void* data) {
    if (data == nullptr) return;
    auto& self = instance();
    auto* header = reinterpret_cast<Header*>(static_cast<std::byte*>(data) - kAlignment);
    self.allocated_.fetch_sub(static_cast<std::int64_t>(header->size), std::memory_order_relaxed);
    if (header->capacity < kCachedFrom) {
      std::free(header);
      return;
    }
    const std::lock_guard lock(self.mutex_);
    self.free_.emplace(header->capacity, header);
    self.cached_.fetch_add(static_cast<std::int64_t>(header->capacity), std::memory_order_relaxed);
  }

  std::atomic<std::int64_t> allocated_ = 0;
  std::atomic<std::int64_t> peak_ = 0;
  std::atomic<std::int64_t> cached_ = 0;
  std::mutex mutex_;
  std::multimap<std::size_t, Header*> free_;
};

}  // namespace

void installCountingAllocator() {
  static const bool kInstalled = [] {
    c10::SetCPUAllocator(&CountingAllocator::instance(), /*priority=*/1);
    return true;
  }();
  (void)kInstalled;
}

TensorMemory tensorMemory(c10::Device device) {
  if (device.is_cpu()) return CountingAllocator::instance().memory();
  const auto stats = c10::getDeviceAllocator(device.type())->getDeviceStats(device.has_index() ? device.index() : 0);
  const auto& allocated = stats.allocated_bytes[0];
  return {allocated.current, allocated.peak, stats.reserved_bytes[0].current - allocated.current};
}

void resetPeak(c10::Device device) {
  if (device.is_cpu()) {
    CountingAllocator::instance().resetPeak();
  } else {
    c10::getDeviceAllocator(device.type())->resetPeakStats(device.has_index() ? device.index() : 0);
  }
}

void releaseCached(c10::Device device) {
  if (device.is_cpu()) {
    CountingAllocator::instance().releaseCached();
  } else {
    c10::getDeviceAllocator(device.type())->emptyCache();
  }
}

std::int64_t deviceMemoryBytes(c10::Device device) {
  if (device.is_cpu()) return machineMemoryBytes();
  const auto [free, total] =
      c10::getDeviceAllocator(device.type())->getMemoryInfo(device.has_index() ? device.index() : 0);
  return static_cast<std::int64_t>(total);
}

}  // namespace rosa::device
