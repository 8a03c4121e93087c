// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>

#include "optim/arena.h"

namespace rosa::optim {

/// Calls `visit(piece)` with a stretch's pieces, one after another: small enough on the CPU that what
/// several operations pass over stays in the cache, and that temporaries are small beside the parameters.
template <typename Visit>
void forEachPiece(const Stretch& stretch, Visit&& visit) {
  const std::int64_t most = stretch.value.is_cpu() ? std::int64_t{1} << 17 : std::int64_t{1} << 24;
  for (std::int64_t first = 0; first < stretch.value.numel(); first += most) {
    const auto count = std::min(most, stretch.value.numel() - first);
    auto piece = stretch;
    piece.value = stretch.value.narrow(0, first, count);
    piece.gradient = stretch.gradient.narrow(0, first, count);
    for (auto& moment : piece.moments) moment = moment.narrow(0, first, count);
    visit(piece);
  }
}

}  // namespace rosa::optim
