// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>

namespace rosa::adapt {

/// Elements of W that are held in fp64 at a time: 16 MiB.
inline constexpr std::int64_t kChunkElements = std::int64_t{1} << 21;

/// Calls `visit(chunk, first)` with the rows of a tall matrix in fp64, some at a time.
template <typename Visit>
void forEachChunk(const at::Tensor& tall, Visit visit) {
  const std::int64_t rows = std::max<std::int64_t>(kChunkElements / std::max<std::int64_t>(tall.size(1), 1), 1);
  for (std::int64_t first = 0; first < tall.size(0); first += rows) {
    visit(tall.narrow(0, first, std::min(rows, tall.size(0) - first)).to(at::kDouble), first);
  }
}

}  // namespace rosa::adapt
