// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/embedding_noise.h"

#include <ATen/ATen.h>

#include <cmath>

#include "model/dropout.h"

namespace rosa::model {

at::Tensor withEmbeddingNoise(const at::Tensor& embedded, const Batch& batch, const Pass& pass) {
  if (!pass.training || pass.embeddingNoise == 0) return embedded;
  const auto width = embedded.size(1);
  auto sizes = at::empty({embedded.size(0), 1}, at::kFloat);
  for (std::size_t i = 0; i + 1 < batch.offsets.size(); ++i) {
    const auto length = batch.offsets[i + 1] - batch.offsets[i];
    const double size = pass.embeddingNoise / std::sqrt(static_cast<double>(length * width));
    sizes.narrow(0, batch.offsets[i], length).fill_(size);
  }
  const auto noise =
      uniformNoise(embedded.sizes(), dropoutKey(pass, -1, DropoutPlace::EmbeddingNoise), embedded.device());
  return embedded + noise * sizes.to(embedded.device());
}

}  // namespace rosa::model
