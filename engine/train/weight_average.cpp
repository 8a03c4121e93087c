// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/weight_average.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "train/session.h"

namespace rosa::train {

namespace {

void exchangeValues(const at::Tensor& left, const at::Tensor& right) {
  const auto held = left.clone();
  left.copy_(right);
  right.copy_(held);
}

bool trainsItself(const adapt::ParameterList& parameters, const at::Tensor& weight) {
  return std::ranges::any_of(parameters,
                             [&](const adapt::Parameter* parameter) { return parameter->value.is_alias_of(weight); });
}

}  // namespace

WeightAverage::WeightAverage(const Session& session, double decay)
    : decay_(decay), merged_(session.config.form == Form::Merged) {
  const at::NoGradGuard noGrad;
  std::set<const adapt::Parameter*> inWholes;
  for (const auto& layer : session.layers) {
    const auto parameters = layer.adaptation->parameters();
    const auto weight = layer.slot->weight();
    if (layer.adaptation->resamples()) {
      auto mean = at::empty_like(weight);
      layer.adaptation->writeMerged(mean);
      wholes_.push_back({layer.name, layer.adaptation, weight, std::move(mean), {}});
      inWholes.insert(parameters.begin(), parameters.end());
    } else if (!trainsItself(parameters, weight)) {
      moved_.push_back({layer.adaptation, weight, {}});
    }
  }
  for (const auto* parameter : session.parameters) {
    if (inWholes.contains(parameter)) continue;
    const auto value = parameter->value.detach();
    parts_.push_back({parameter->name, value, value.clone()});
  }
}

void WeightAverage::update(std::int64_t step) {
  const at::NoGradGuard noGrad;
  const auto steps = static_cast<double>(step);
  const double share = 1 - std::min(decay_, (1 + steps) / (10 + steps));
  for (auto& whole : wholes_) {
    if (merged_) {
      whole.mean.lerp_(whole.weight, share);
    } else {
      const auto now = at::empty_like(whole.weight);
      whole.adaptation->writeMerged(now);
      whole.mean.lerp_(now, share);
    }
  }
  for (auto& part : parts_) part.mean.lerp_(part.value, share);
}

void WeightAverage::exchange() {
  const at::NoGradGuard noGrad;
  inPlace_ = !inPlace_;
  for (auto& whole : wholes_) {
    exchangeValues(whole.weight, whole.mean);
    // The branch form would add the factors' product to the mean.
    const auto parameters = whole.adaptation->parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (inPlace_) {
        whole.factors.push_back(parameters[i]->value.clone());
        parameters[i]->value.zero_();
      } else {
        parameters[i]->value.copy_(whole.factors[i]);
      }
    }
    if (!inPlace_) whole.factors.clear();
  }
  for (auto& layer : moved_) {
    if (inPlace_) layer.held = layer.weight.clone();
    layer.adaptation->beforeStep();
  }
  for (auto& part : parts_) exchangeValues(part.value, part.mean);
  for (auto& layer : moved_) {
    layer.adaptation->afterStep();
    if (inPlace_) continue;
    layer.weight.copy_(layer.held);
    layer.held = at::Tensor();
  }
}

std::vector<std::pair<std::string, at::Tensor>> WeightAverage::state() const {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const auto& whole : wholes_) tensors.emplace_back(whole.name + ".weight", whole.mean);
  for (const auto& part : parts_) tensors.emplace_back(part.name, part.mean);
  return tensors;
}

Status WeightAverage::restore(const device::TensorSource& source, const std::string& prefix) {
  for (const auto& [name, tensor] : state()) ROSA_CHECK(source.read(prefix + name, tensor));
  return {};
}

std::int64_t WeightAverage::bytes() const {
  std::int64_t bytes = 0;
  for (const auto& [name, tensor] : state()) bytes += static_cast<std::int64_t>(tensor.nbytes());
  return bytes;
}

}  // namespace rosa::train
