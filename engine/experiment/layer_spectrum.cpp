// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/layer_spectrum.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>
#include <utility>

namespace rosa::experiment {

namespace {

std::vector<double> numbers(const at::Tensor& values) {
  const auto flat = values.contiguous();
  const auto* first = flat.const_data_ptr<double>();
  return {first, first + flat.numel()};
}

}  // namespace

SpectrumMeter::SpectrumMeter(at::Tensor first) : first_(std::move(first)), last_(first_) {
  const auto [u, sigma, vh] = at::linalg_svd(first_, /*full_matrices=*/false);
  spectrum_.before = numbers(sigma);
  directions_ = vh.t();
}

void SpectrumMeter::add(at::Tensor weight) {
  const auto change = weight - last_;
  const auto along = at::mm(change, directions_).norm(2, 0);
  const double inside = along.square().sum().item<double>();
  spectrum_.moved.push_back(numbers(along));
  spectrum_.outside.push_back(std::sqrt(std::max(0.0, change.square().sum().item<double>() - inside)));
  last_ = std::move(weight);
}

LayerSpectrum SpectrumMeter::finish() {
  const auto whole = last_ - first_;
  spectrum_.after = numbers(at::linalg_svdvals(last_));
  spectrum_.change = whole.norm().item<double>() / first_.norm().item<double>();
  spectrum_.changed = numbers(at::linalg_svdvals(whole));
  return std::move(spectrum_);
}

std::vector<double> cumulativeShare(const std::vector<double>& values) {
  const double all = std::accumulate(values.begin(), values.end(), 0.0);
  std::vector<double> shares;
  double sum = 0;
  for (const double value : values) shares.push_back(all > 0 ? (sum += value) / all : 1);
  return shares;
}

std::size_t directionsHolding(const std::vector<double>& values, double share) {
  const double all = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
  double sum = 0;
  std::size_t count = 0;
  while (count < values.size() && sum < share * all) sum += values[count] * values[count], ++count;
  return count;
}

}  // namespace rosa::experiment
