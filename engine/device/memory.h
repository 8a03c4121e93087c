// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>

#include <atomic>
#include <cstdint>

/// Accounting of tensor memory: a counting allocator of our own on the CPU, the caching allocator's statistics on CUDA.
namespace rosa::device {

/// Replaces LibTorch's CPU allocator by one that counts and that takes large blocks from a BlockHeap. Once per process,
/// before the first tensor; further calls do nothing.
void installCountingAllocator();

struct TensorMemory {
  std::int64_t allocatedBytes = 0;  ///< in live tensors
  std::int64_t peakBytes = 0;       ///< highest allocatedBytes since resetPeak
  std::int64_t cachedBytes = 0;     ///< kept for reuse beyond live tensors
};

/// A share of the CPU's count, so that a run's figures are its own whatever else the process computes beside it.
class MemoryAccount {
 public:
  /// Lives as long as the process: tensors may outlive whoever opened it.
  [[nodiscard]] static MemoryAccount& open();

  void add(std::int64_t bytes);
  void remove(std::int64_t bytes);
  void resetPeak();
  /// From now on std::bad_alloc is thrown where an allocation would bring it above so many bytes; 0 = no limit.
  void limit(std::int64_t bytes) { limit_.store(bytes, std::memory_order_relaxed); }
  [[nodiscard]] bool hasRoom(std::int64_t bytes) const;
  [[nodiscard]] std::int64_t allocatedBytes() const { return allocated_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t peakBytes() const { return peak_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> allocated_ = 0;
  std::atomic<std::int64_t> peak_ = 0;
  std::atomic<std::int64_t> limit_ = 0;
};

/// What this thread allocates is counted to the account too (none for a null pointer) while the object lives; whoever
/// frees it later, it is taken off there.
class AccountScope {
 public:
  explicit AccountScope(MemoryAccount* account);
  AccountScope(const AccountScope&) = delete;
  AccountScope& operator=(const AccountScope&) = delete;
  ~AccountScope();

  /// This thread's.
  [[nodiscard]] static MemoryAccount* current();

 private:
  MemoryAccount* before_;
};

/// An account's limit while the object lives. Does nothing without an account.
class LimitScope {
 public:
  LimitScope(MemoryAccount* account, std::int64_t bytes);
  LimitScope(const LimitScope&) = delete;
  LimitScope& operator=(const LimitScope&) = delete;
  ~LimitScope();

 private:
  MemoryAccount* account_;
};

/// On the CPU of the account alone where one is given; a GPU's allocator counts all of the process together.
[[nodiscard]] TensorMemory tensorMemory(c10::Device device, const MemoryAccount* account = nullptr);
void resetPeak(c10::Device device, MemoryAccount* account = nullptr);
/// Gives blocks kept for reuse back to the system.
void releaseCached(c10::Device device);

/// What the device has in all: machine memory, or the GPU's.
[[nodiscard]] std::int64_t deviceMemoryBytes(c10::Device device);

}  // namespace rosa::device
