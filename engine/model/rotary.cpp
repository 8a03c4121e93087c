// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/rotary.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "model/row_kernels.h"

namespace rosa::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// Llama 3's scaling: long wavelengths are slowed down by the factor, short ones kept, those between blended linearly.
double llama3Frequency(double frequency, const RopeConfig& config) {
  const double wavelength = 2 * std::numbers::pi / frequency;
  if (wavelength > config.originalPositions / config.lowFrequencyFactor) return frequency / config.factor;
  if (wavelength < config.originalPositions / config.highFrequencyFactor) return frequency;
  const double share = (config.originalPositions / wavelength - config.lowFrequencyFactor) /
                       (config.highFrequencyFactor - config.lowFrequencyFactor);
  return (1 - share) * frequency / config.factor + share * frequency;
}

/// Yarn's (arXiv 2309.00071, section 3.2): pairs before the range keep their frequency, those behind it are slowed down
/// by the factor, those within are blended.
class YarnRange {
 public:
  YarnRange(const RopeConfig& config, std::int64_t dims) : config_(config) {
    const auto pairTurning = [&](double rotations) {
      return static_cast<double>(dims) * std::log(config.originalPositions / (rotations * 2 * std::numbers::pi)) /
             (2 * std::log(config.theta));
    };
    low_ = pairTurning(config.betaFast);
    high_ = pairTurning(config.betaSlow);
    if (config.roundedRange) {
      low_ = std::floor(low_);
      high_ = std::ceil(high_);
    }
    low_ = std::max(low_, 0.0);
    high_ = std::min(high_, static_cast<double>(dims) - 1);
    constexpr double kNarrowest = 0.001;
    if (low_ == high_) high_ += kNarrowest;
  }
  [[nodiscard]] double frequency(double frequency, std::int64_t pair) const {
    const double slowed = std::clamp((static_cast<double>(pair) - low_) / (high_ - low_), 0.0, 1.0);
    return slowed * frequency / config_.factor + (1 - slowed) * frequency;
  }

 private:
  const RopeConfig& config_;
  double low_, high_;
};

std::vector<float> frequenciesOf(const RopeConfig& config, std::int64_t headDim, const std::vector<double>& factors) {
  const auto dims = config.turnedDims(headDim);
  const auto turning = config.type == RopeConfig::Type::Proportional
                           ? static_cast<std::int64_t>(config.share * static_cast<double>(dims) / 2)
                           : dims / 2;
  const YarnRange yarn(config, dims);
  std::vector<float> frequencies;
  for (std::int64_t i = 0; i < dims / 2; ++i) {
    auto frequency = std::pow(config.theta, -2.0 * static_cast<double>(i) / static_cast<double>(dims));
    if (config.type == RopeConfig::Type::Linear || config.type == RopeConfig::Type::Proportional) {
      frequency /= config.factor;
    }
    if (config.type == RopeConfig::Type::Llama3) frequency = llama3Frequency(frequency, config);
    if (config.type == RopeConfig::Type::Yarn) frequency = yarn.frequency(frequency, i);
    if (config.type == RopeConfig::Type::LongRope) frequency /= factors[static_cast<std::size_t>(i)];
    frequencies.push_back(i < turning ? static_cast<float>(frequency) : 0.0F);
  }
  return frequencies;
}

struct RotatedFunction : torch::autograd::Function<RotatedFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& cosine,
                            const at::Tensor& sine, bool neighbours) {
    context->save_for_backward({cosine, sine});
    context->saved_data["neighbours"] = neighbours;
    auto y = x.clone(at::MemoryFormat::Contiguous);
    Rotary::turn(y, {cosine, sine, neighbours}, false);
    return y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    auto dx = gradients[0].clone(at::MemoryFormat::Contiguous);
    Rotary::turn(dx, {saved[0], saved[1], context->saved_data["neighbours"].toBool()}, true);
    return {dx, Variable(), Variable(), Variable()};
  }
};

}  // namespace

Rotary::Rotary(const RopeConfig& config, std::int64_t headDim, c10::Device device)
    : amplitude_(config.amplitude), neighbours_(config.neighbours) {
  const auto onDevice = [&](const std::vector<double>& factors) {
    return at::tensor(frequenciesOf(config, headDim, factors), at::kFloat).to(device);
  };
  frequencies_ = onDevice(config.shortFactors);
  if (config.type != RopeConfig::Type::LongRope) return;
  longFrequencies_ = onDevice(config.longFactors);
  originalPositions_ = static_cast<std::int64_t>(config.originalPositions);
}

bool Rotary::changesAt(std::int64_t before, std::int64_t length) const {
  return longFrequencies_.defined() && before > 0 && before <= originalPositions_ && length > originalPositions_;
}

Rotary::Table Rotary::table(const at::Tensor& positionIds, const std::vector<std::int64_t>& offsets,
                            const std::vector<std::int64_t>& before) const {
  auto frequencies = frequencies_;
  if (longFrequencies_.defined()) {
    std::vector<at::Tensor> rows;
    for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
      const auto added = offsets[i + 1] - offsets[i];
      const auto length = added + (before.empty() ? 0 : before[i]);
      const auto& own = length > originalPositions_ ? longFrequencies_ : frequencies_;
      rows.push_back(own.unsqueeze(0).expand({added, own.size(0)}));
    }
    frequencies = at::cat(rows);
  }
  const auto angles = (positionIds.to(at::kFloat).unsqueeze(1) * frequencies).unsqueeze(1);
  if (amplitude_ == 1) return {angles.cos(), angles.sin(), neighbours_};
  return {angles.cos().mul_(amplitude_), angles.sin().mul_(amplitude_), neighbours_};
}

void Rotary::turn(const at::Tensor& x, const Table& table, bool back) {
  const bool lies = x.is_cpu() && x.scalar_type() == at::kFloat && x.stride(2) == 1;
  if (!table.neighbours && lies && takeRowKernels(table.cosine, table.sine)) {
    turnRows(x, table.cosine, table.sine, back);
    return;
  }
  const auto half = table.cosine.size(2);
  auto first = table.neighbours ? x.slice(2, 0, 2 * half, 2) : x.narrow(2, 0, half);
  auto second = table.neighbours ? x.slice(2, 1, 2 * half, 2) : x.narrow(2, half, half);
  const auto sine = back ? table.sine.neg() : table.sine;
  const auto turned = (first * table.cosine).sub_(second * sine);
  second.mul_(table.cosine).add_(first * sine);
  first.copy_(turned);
}

at::Tensor rotated(const at::Tensor& x, const Rotary::Table& table) {
  return RotatedFunction::apply(x, table.cosine, table.sine, table.neighbours);
}

}  // namespace rosa::model
