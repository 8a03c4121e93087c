// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/squared_sum.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

namespace rosa::optim {

namespace {

constexpr std::int64_t kSumBlock = std::int64_t{1} << 16;

double squaredSum(const float* values, std::int64_t count) {
  // Independent lanes, which the compiler keeps in vector registers; one sum would wait for itself at every element.
  constexpr std::int64_t kLanes = 16;
  std::array<double, kLanes> lanes{};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const double value = values[i + lane];
      lanes[static_cast<std::size_t>(lane)] += value * value;
    }
  }
  double sum = std::accumulate(lanes.begin(), lanes.end(), 0.0);
  for (; i < count; ++i) sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  return sum;
}

}  // namespace

double squaredSum(const at::Tensor& values) {
  if (!values.is_cpu() || values.scalar_type() != at::kFloat) {
    const double norm = at::linalg_vector_norm(values, 2, {}, false, at::kDouble).item<double>();
    return norm * norm;
  }
  const float* data = values.const_data_ptr<float>();
  const std::int64_t count = values.numel();
  std::vector<double> sums(static_cast<std::size_t>((count + kSumBlock - 1) / kSumBlock));
  at::parallel_for(0, static_cast<std::int64_t>(sums.size()), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      const std::int64_t first = block * kSumBlock;
      sums[static_cast<std::size_t>(block)] = squaredSum(data + first, std::min(kSumBlock, count - first));
    }
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace rosa::optim
