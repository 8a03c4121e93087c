// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include "model/activation_kind.h"

namespace rosa::model {

/// act(pre), or act(gate)·up where `gated`: pre is then [tokens, 2·width] with the gate in the first half. Autograd
/// follows it only where not gated.
[[nodiscard]] at::Tensor activate(const at::Tensor& pre, Activation activation, bool gated);

/// The gradient of `pre` from that of the output, shaped as `pre`, whose memory it may take.
[[nodiscard]] at::Tensor activateBackward(const at::Tensor& gradient, const at::Tensor& pre, Activation activation,
                                          bool gated);

}  // namespace rosa::model
