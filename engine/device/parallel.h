// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <atomic>
#include <cstdint>

#include "device/memory.h"

namespace rosa::device {

/// Calls `body(i)` without autograd for every i in 0..count-1, several at a time on LibTorch's threads; operations
/// inside run on one thread each. Many small operations cost less this way than one fork and join for each of them.
/// With fewer items than threads the calls follow one another and the operations inside share the threads instead.
template <typename Body>
void forEachInParallel(std::int64_t count, const Body& body) {
  if (count < at::get_num_threads()) {
    const c10::NoGradGuard noGradient;
    for (std::int64_t i = 0; i < count; ++i) body(i);
    return;
  }
  std::atomic<std::int64_t> next{0};
  auto* const account = AccountScope::current();
  // The range is the threads, not the items: one that takes long does not hold up a fixed share of the others.
  at::parallel_for(0, at::get_num_threads(), 1, [&](std::int64_t begin, std::int64_t end) {
    const c10::NoGradGuard noGradient;
    const AccountScope counted(account);
    for (std::int64_t worker = begin; worker < end; ++worker) {
      for (std::int64_t i = next++; i < count; i = next++) body(i);
    }
  });
}

}  // namespace rosa::device
