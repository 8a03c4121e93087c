// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "model/batch.h"

namespace rosa::model {

/// Sees to it that `pass.blockDone` is called for `block`, whose input is x: every product of the block adds to the
/// gradient of x, so that all of them are done when it is complete.
inline void tellWhenDone(const at::Tensor& x, std::size_t block, const Pass& pass) {
  if (pass.blockDone == nullptr || !x.requires_grad()) return;
  x.register_hook(
      [done = pass.blockDone, block](const at::Tensor& /*gradient*/) { (*done)(static_cast<std::int64_t>(block)); });
}

}  // namespace rosa::model
