// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include "model/batch.h"

namespace rosa::model {

/// NEFTune (arXiv 2310.05914): token embeddings [tokens, width] with noise, uniform up to alpha/sqrt(length·width) of
/// each sequence, while training with `pass.embeddingNoise`; otherwise the embeddings themselves.
[[nodiscard]] at::Tensor withEmbeddingNoise(const at::Tensor& embedded, const Batch& batch, const Pass& pass);

}  // namespace rosa::model
