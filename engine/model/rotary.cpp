// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/rotary.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>
#include <vector>

namespace rosa::model {

namespace {

/// Llama 3's scaling: long wavelengths are slowed down by the factor, short ones kept, those between blended linearly.
double scaledFrequency(double frequency, const RopeConfig& config) {
  if (config.type == RopeConfig::Type::Linear) return frequency / config.factor;
  if (config.type == RopeConfig::Type::Default) return frequency;
  const double wavelength = 2 * std::numbers::pi / frequency;
  if (wavelength > config.originalPositions / config.lowFrequencyFactor) return frequency / config.factor;
  if (wavelength < config.originalPositions / config.highFrequencyFactor) return frequency;
  const double share = (config.originalPositions / wavelength - config.lowFrequencyFactor) /
                       (config.highFrequencyFactor - config.lowFrequencyFactor);
  return (1 - share) * frequency / config.factor + share * frequency;
}

}  // namespace

Rotary::Rotary(const RopeConfig& config, std::int64_t headDim, c10::Device device) {
  std::vector<float> frequencies;
  for (std::int64_t i = 0; i < headDim / 2; ++i) {
    const double exponent = 2.0 * static_cast<double>(i) / static_cast<double>(headDim);
    frequencies.push_back(static_cast<float>(scaledFrequency(std::pow(config.theta, -exponent), config)));
  }
  frequencies_ = at::tensor(frequencies, at::kFloat).to(device);
}

Rotary::Table Rotary::table(const at::Tensor& positionIds) const {
  const auto angles = (positionIds.to(at::kFloat).unsqueeze(1) * frequencies_).unsqueeze(1);
  return {angles.cos(), angles.sin()};
}

void Rotary::turn(const at::Tensor& x, const Table& table, bool back) {
  const auto half = x.size(2) / 2;
  auto first = x.narrow(2, 0, half);
  auto second = x.narrow(2, half, half);
  const auto sine = back ? table.sine.neg() : table.sine;
  const auto turned = (first * table.cosine).sub_(second * sine);
  second.mul_(table.cosine).add_(first * sine);
  first.copy_(turned);
}

}  // namespace rosa::model
