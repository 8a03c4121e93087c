// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace rosa::model {

/// Some layers as a function of the tensors that come in, each of which may be undefined.
using Layers = std::function<at::Tensor(const std::vector<at::Tensor>& inputs)>;

/// `layers` of `inputs`, keeping nothing but the inputs: the backward pass runs the layers once more and goes through
/// them then (gradient checkpointing, Chen et al. 2016, arXiv 1604.06174). For layers that train, or with an input that
/// needs a gradient, under autograd; whatever else `layers` reads must live until the backward pass and hang on no
/// graph. What is random in them is keyed, so that the second run, and every gradient, is that of a plain pass bit for
/// bit.
[[nodiscard]] at::Tensor recomputed(Layers layers, const std::vector<at::Tensor>& inputs);

}  // namespace rosa::model
