// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace rosa::adapt {

/// Which stretch of the arena a parameter lies in.
enum class Segment { Adapter, Dense, Head, Bias, Norm, Embedding };

/// One trainable tensor, owned by the adaptation or model it belongs to; the arena (optim) allocates `gradient` and the
/// moments, and for adapters the storage of `value` too.
struct Parameter {
  std::string name;     ///< unique in a run, e.g. "transformer.h.0.attn.c_attn.weight:A"
  at::Tensor value;     ///< what the model computes with
  at::Tensor gradient;  ///< same shape; backward adds to it, the training loop clears it after each step
  Segment segment = Segment::Adapter;
  bool decays = true;     ///< weight decay applies
  double rateFactor = 1;  ///< its learning rate over the run's (LoRA+)
  /// The value is an autograd leaf: the arena makes `gradient` its `.grad`, so that autograd itself adds there.
  /// Otherwise a backward function of ours adds to `gradient`.
  bool autogradLeaf = false;
};

using ParameterList = std::vector<Parameter*>;

}  // namespace rosa::adapt
