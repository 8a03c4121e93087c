// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sequence_loss.h"

#include <ATen/ATen.h>

namespace rosa::model {

at::Tensor sequenceLoss(const at::Tensor& scores, const at::Tensor& targets, Head head, double divisor,
                        double labelSmoothing) {
  constexpr std::int64_t kNoClass = -100;
  const auto sum = head == Head::Regression
                       ? at::mse_loss(scores.squeeze(1), targets, at::Reduction::Sum)
                       : at::cross_entropy_loss(scores, targets, {}, at::Reduction::Sum, kNoClass, labelSmoothing);
  return sum / divisor;
}

at::Tensor firstRows(const at::Tensor& hidden, const std::vector<std::int64_t>& offsets) {
  const std::vector<std::int64_t> rows(offsets.begin(), offsets.end() - 1);
  return hidden.index_select(0, at::tensor(rows, at::kLong).to(hidden.device()));
}

at::Tensor lastRows(const at::Tensor& hidden, const std::vector<std::int64_t>& offsets) {
  std::vector<std::int64_t> rows;
  for (auto end = offsets.begin() + 1; end != offsets.end(); ++end) rows.push_back(*end - 1);
  return hidden.index_select(0, at::tensor(rows, at::kLong).to(hidden.device()));
}

at::Tensor meanRows(const at::Tensor& hidden, const std::vector<std::int64_t>& offsets) {
  // One product, whose sums have one order on every device.
  auto shares = at::zeros({static_cast<std::int64_t>(offsets.size()) - 1, offsets.back()}, at::kFloat);
  for (std::int64_t i = 0; i < shares.size(0); ++i) {
    const auto begin = offsets[static_cast<std::size_t>(i)];
    const auto length = offsets[static_cast<std::size_t>(i) + 1] - begin;
    shares[i].narrow(0, begin, length).fill_(1 / static_cast<double>(length));
  }
  return at::mm(shares.to(hidden.options()), hidden);
}

at::Tensor lastRealRows(const at::Tensor& hidden, const Batch& batch, std::optional<std::int64_t> padId) {
  if (!padId) return lastRows(hidden, batch.offsets);
  const auto ids = batch.tokenIds.cpu();
  const auto* id = ids.const_data_ptr<std::int64_t>();
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i + 1 < batch.offsets.size(); ++i) {
    auto row = batch.offsets[i + 1] - 1;
    while (row > batch.offsets[i] && id[row] == *padId) --row;
    rows.push_back(row);
  }
  return hidden.index_select(0, at::tensor(rows, at::kLong).to(hidden.device()));
}

}  // namespace rosa::model
