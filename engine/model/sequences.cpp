// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sequences.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

namespace rosa::model {

std::int64_t Sequences::length(std::int64_t sequence) const {
  const auto i = static_cast<std::size_t>(sequence);
  return offsets[i + 1] - offsets[i];
}

void Sequences::placeOn(c10::Device device) {
  // One transfer: every transfer from pageable memory waits for the device.
  const auto tokens = offsets.back();
  auto numbers = at::empty({tokens + count() + 1}, at::kLong);
  auto* rows = numbers.mutable_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < count(); ++i) {
    for (std::int64_t at = 0; at < length(i); ++at) *rows++ = i * longest + at;
  }
  std::ranges::copy(offsets, rows);
  numbers = numbers.to(device);
  paddedRows = numbers.narrow(0, 0, tokens);
  deviceOffsets = numbers.narrow(0, tokens, count() + 1).to(at::kInt);
  lengths = deviceOffsets.diff();
}

Sequences sequencesOf(std::vector<std::int64_t> offsets, c10::Device device) {
  Sequences sequences;
  sequences.offsets = std::move(offsets);
  for (std::int64_t i = 0; i < sequences.count(); ++i) {
    sequences.longest = std::max(sequences.longest, sequences.length(i));
  }
  if (!device.is_cpu()) sequences.placeOn(device);
  return sequences;
}

}  // namespace rosa::model
