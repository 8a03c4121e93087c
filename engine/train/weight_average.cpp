// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/weight_average.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <exception>
#include <set>

#include "train/session.h"

namespace rosa::train {

namespace {

/// So much is exchanged at a time, in bytes.
constexpr std::int64_t kScratchBytes = std::int64_t{256} << 10;

/// Of two tensors of the same strides, without holes; a piece at a time over `scratch`, so that no memory is needed.
void exchangeValues(const at::Tensor& left, const at::Tensor& right, const at::Tensor& scratch) {
  const auto count = left.numel();
  const auto flatLeft = left.as_strided({count}, {1});
  const auto flatRight = right.as_strided({count}, {1});
  const auto held = scratch.view(left.scalar_type());
  for (std::int64_t first = 0; first < count; first += held.numel()) {
    const auto length = std::min(held.numel(), count - first);
    const auto some = held.narrow(0, 0, length);
    const auto piece = flatLeft.narrow(0, first, length);
    const auto other = flatRight.narrow(0, first, length);
    some.copy_(piece);
    piece.copy_(other);
    other.copy_(some);
  }
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
  if (failure_) std::rethrow_exception(failure_);
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
  if (inPlace_) {
    takeOut();
  } else {
    putIn();
  }
}

void WeightAverage::putIn() {
  if (failure_) std::rethrow_exception(failure_);
  // All memory first: where it ends, nothing has been exchanged yet.
  if (!scratch_.defined() && !(wholes_.empty() && parts_.empty())) {
    const auto& any = wholes_.empty() ? parts_.front().mean : wholes_.front().mean;
    scratch_ = at::empty({kScratchBytes}, any.options().dtype(at::kByte));
  }
  for (auto& whole : wholes_) {
    whole.factors.clear();
    for (const auto* parameter : whole.adaptation->parameters()) whole.factors.push_back(parameter->value.clone());
  }
  for (auto& layer : moved_) {
    layer.held = layer.weight.clone();
    layer.adaptation->beforeStep();
  }
  inPlace_ = true;
  for (auto& whole : wholes_) {
    exchangeValues(whole.weight, whole.mean, scratch_);
    // The branch form would add the factors' product to the mean.
    for (const auto* parameter : whole.adaptation->parameters()) parameter->value.zero_();
  }
  for (auto& part : parts_) exchangeValues(part.value, part.mean, scratch_);
  for (auto& layer : moved_) layer.adaptation->afterStep();
}

void WeightAverage::takeOut() {
  inPlace_ = false;
  for (auto& whole : wholes_) {
    exchangeValues(whole.weight, whole.mean, scratch_);
    const auto parameters = whole.adaptation->parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i]->value.copy_(whole.factors[i]);
    whole.factors.clear();
  }
  for (auto& part : parts_) exchangeValues(part.value, part.mean, scratch_);
  for (auto& layer : moved_) {
    try {
      // What it derives from its factors is that of the live ones again. It may need memory; W itself does not.
      layer.adaptation->afterStep();
    } catch (const std::exception&) {
      failure_ = std::current_exception();
    }
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
