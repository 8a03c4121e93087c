// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/layer_spectrum.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

namespace rosa::experiment {

namespace {

std::vector<double> numbers(const at::Tensor& values) {
  const auto flat = values.contiguous();
  const auto* first = flat.const_data_ptr<double>();
  return {first, first + flat.numel()};
}

}  // namespace

LayerSpectrum spectrumOf(const LayerHistory& layer) {
  const auto& first = layer.weights.front();
  const auto& last = layer.weights.back();
  const auto [u, sigma, vh] = at::linalg_svd(first, /*full_matrices=*/false);
  LayerSpectrum spectrum;
  spectrum.before = numbers(sigma);
  spectrum.after = numbers(at::linalg_svdvals(last));
  for (std::size_t cycle = 1; cycle < layer.weights.size(); ++cycle) {
    const auto change = layer.weights[cycle] - layer.weights[cycle - 1];
    const auto along = at::mm(change, vh.t()).norm(2, 0);
    const double inside = along.square().sum().item<double>();
    spectrum.moved.push_back(numbers(along));
    spectrum.outside.push_back(std::sqrt(std::max(0.0, change.square().sum().item<double>() - inside)));
  }
  const auto whole = last - first;
  spectrum.change = whole.norm().item<double>() / first.norm().item<double>();
  spectrum.changed = numbers(at::linalg_svdvals(whole));
  return spectrum;
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
