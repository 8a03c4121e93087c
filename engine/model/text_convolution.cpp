// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/text_convolution.h"

#include <ATen/ATen.h>

namespace rosa::model {

namespace {

/// Row of the token `step` places behind each one, or `nothing` where its sequence has none there.
at::Tensor neighbours(const std::vector<std::int64_t>& offsets, std::int64_t step, std::int64_t nothing) {
  auto rows = at::empty({offsets.back()}, at::kLong);
  auto* out = rows.mutable_data_ptr<std::int64_t>();
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
    for (auto row = offsets[i]; row < offsets[i + 1]; ++row) {
      const auto at = row + step;
      *out++ = at >= offsets[i] && at < offsets[i + 1] ? at : nothing;
    }
  }
  return rows;
}

}  // namespace

at::Tensor textConvolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                           const std::vector<std::int64_t>& offsets) {
  const auto withZeros = at::cat({x, at::zeros({1, x.size(1)}, x.options())});
  const auto kernel = weight.size(2);
  auto y = bias.unsqueeze(0);
  for (std::int64_t k = 0; k < kernel; ++k) {
    const auto rows = neighbours(offsets, k - kernel / 2, x.size(0)).to(x.device());
    y = y + at::mm(withZeros.index_select(0, rows), weight.select(2, k).t());
  }
  return y;
}

}  // namespace rosa::model
