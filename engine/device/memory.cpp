// SPDX-License-Identifier: GPL-3.0-or-later
#include "device/memory.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/CachingDeviceAllocator.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <new>

#include "device/block_heap.h"
#include "device/cpu.h"

namespace rosa::device {

namespace {

// Blocks below this size come from malloc, which reuses them well itself.
constexpr std::size_t kHeapFrom = std::size_t{1} << 20;
constexpr std::size_t kSegmentBytes = std::size_t{1} << 30;
constexpr std::size_t kAlignment = 64;

// Precedes every block, one alignment unit long so that the block stays aligned.
struct Header {
  std::size_t size;  // asked for
  bool fromHeap;
  MemoryAccount* account;  // of the thread that asked; may be null
};
static_assert(sizeof(Header) <= kAlignment);

thread_local MemoryAccount* currentAccount = nullptr;

void raise(std::atomic<std::int64_t>& peak, std::int64_t now) {
  auto highest = peak.load(std::memory_order_relaxed);
  while (now > highest && !peak.compare_exchange_weak(highest, now, std::memory_order_relaxed)) {
  }
}

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
    const std::lock_guard lock(mutex_);
    return {allocated_.load(std::memory_order_relaxed), peak_.load(std::memory_order_relaxed),
            static_cast<std::int64_t>(heap_.residentFreeBytes())};
  }
  void resetPeak() { peak_.store(allocated_.load(std::memory_order_relaxed), std::memory_order_relaxed); }

  void releaseCached() {
    const std::lock_guard lock(mutex_);
    heap_.trim();
  }

 private:
  void* acquire(std::size_t size) {
    const auto bytes = static_cast<std::int64_t>(size);
    if (currentAccount != nullptr && !currentAccount->hasRoom(bytes)) throw std::bad_alloc();
    const bool fromHeap = size >= kHeapFrom;
    void* const block = fromHeap ? heapBlock(size + kAlignment) : mallocBlock(size + kAlignment);
    if (block == nullptr) throw std::bad_alloc();
    new (block) Header{size, fromHeap, currentAccount};
    raise(peak_, allocated_.fetch_add(bytes, std::memory_order_relaxed) + bytes);
    if (currentAccount != nullptr) currentAccount->add(bytes);
    return static_cast<std::byte*>(block) + kAlignment;
  }

  void* heapBlock(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    return heap_.allocate(bytes);
  }

  static void* mallocBlock(std::size_t bytes) {
    void* block = nullptr;
    return posix_memalign(&block, kAlignment, bytes) == 0 ? block : nullptr;
  }

  static void release(void* data) {
    if (data == nullptr) return;
    auto& self = instance();
    auto* header = reinterpret_cast<Header*>(static_cast<std::byte*>(data) - kAlignment);
    self.allocated_.fetch_sub(static_cast<std::int64_t>(header->size), std::memory_order_relaxed);
    if (header->account != nullptr) header->account->remove(static_cast<std::int64_t>(header->size));
    if (!header->fromHeap) {
      std::free(header);
      return;
    }
    const std::lock_guard lock(self.mutex_);
    self.heap_.release(header);
  }

  std::atomic<std::int64_t> allocated_ = 0;
  std::atomic<std::int64_t> peak_ = 0;
  mutable std::mutex mutex_;
  BlockHeap heap_{kSegmentBytes};
};

}  // namespace

void installCountingAllocator() {
  static const bool kInstalled = [] {
    c10::SetCPUAllocator(&CountingAllocator::instance(), /*priority=*/1);
    return true;
  }();
  (void)kInstalled;
}

MemoryAccount& MemoryAccount::open() {
  static std::mutex mutex;
  static auto* accounts = new std::deque<MemoryAccount>;  // never destroyed
  const std::lock_guard lock(mutex);
  return accounts->emplace_back();
}

void MemoryAccount::add(std::int64_t bytes) {
  raise(peak_, allocated_.fetch_add(bytes, std::memory_order_relaxed) + bytes);
}

void MemoryAccount::remove(std::int64_t bytes) {
  allocated_.fetch_sub(bytes, std::memory_order_relaxed);
}

void MemoryAccount::resetPeak() {
  peak_.store(allocatedBytes(), std::memory_order_relaxed);
}

bool MemoryAccount::hasRoom(std::int64_t bytes) const {
  const auto most = limit_.load(std::memory_order_relaxed);
  return most == 0 || allocatedBytes() + bytes <= most;
}

LimitScope::LimitScope(MemoryAccount* account, std::int64_t bytes) : account_(account) {
  if (account_ != nullptr) account_->limit(bytes);
}

LimitScope::~LimitScope() {
  if (account_ != nullptr) account_->limit(0);
}

AccountScope::AccountScope(MemoryAccount* account) : before_(currentAccount) {
  currentAccount = account;
}

AccountScope::~AccountScope() {
  currentAccount = before_;
}

MemoryAccount* AccountScope::current() {
  return currentAccount;
}

TensorMemory tensorMemory(c10::Device device, const MemoryAccount* account) {
  if (device.is_cpu()) {
    auto memory = CountingAllocator::instance().memory();
    if (account != nullptr) {
      memory.allocatedBytes = account->allocatedBytes();
      memory.peakBytes = account->peakBytes();
    }
    return memory;
  }
  const auto stats = c10::getDeviceAllocator(device.type())->getDeviceStats(device.has_index() ? device.index() : 0);
  const auto& allocated = stats.allocated_bytes[0];
  return {allocated.current, allocated.peak, stats.reserved_bytes[0].current - allocated.current};
}

void resetPeak(c10::Device device, MemoryAccount* account) {
  if (account != nullptr) account->resetPeak();
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
