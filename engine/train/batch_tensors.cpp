// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/batch_tensors.h"

#include <ATen/ATen.h>

namespace rosa::train {

namespace {

template <typename T>
at::Tensor copied(const std::vector<T>& values, at::ScalarType type, c10::Device device) {
  auto tensor = at::empty({static_cast<std::int64_t>(values.size())}, type);
  std::copy(values.begin(), values.end(), tensor.data_ptr<T>());
  return tensor.to(device);
}

}  // namespace

model::Batch toTensors(const data::FlatBatch& batch, c10::Device device) {
  model::Batch tensors;
  tensors.tokenIds = copied(batch.tokenIds, at::kLong, device);
  tensors.positionIds = copied(batch.positionIds, at::kLong, device);
  if (!batch.segmentIds.empty()) tensors.segmentIds = copied(batch.segmentIds, at::kLong, device);
  tensors.offsets = batch.offsets;
  tensors.targets =
      batch.values.empty() ? copied(batch.targets, at::kLong, device) : copied(batch.values, at::kFloat, device);
  return tensors;
}

}  // namespace rosa::train
