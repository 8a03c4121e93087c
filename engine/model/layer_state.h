// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

namespace rosa::model {

/// What a layer that keeps no keys and values has left of the tokens of one sequence: as much for a long text as for a
/// short one. A pass replaces these tensors and never writes to them, so that copies go their own ways.
struct LayerState {
  // Both are undefined before the first token.
  at::Tensor history;  ///< last inputs of the layer's convolution, [kernel - 1, channels]
  at::Tensor memory;   ///< of a gated delta rule, [value heads, key size, value size]
};

}  // namespace rosa::model
