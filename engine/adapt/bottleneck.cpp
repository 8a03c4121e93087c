// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/bottleneck.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <stdexcept>

#include "adapt/counter_random.h"
#include "adapt/frozen_weight.h"

namespace rosa::adapt {

namespace {

constexpr double kStartDeviation = 0.01;

at::Tensor activate(const at::Tensor& z, Bottleneck::Activation activation) {
  return activation == Bottleneck::Activation::Gelu ? at::gelu(z) : at::relu(z);
}

at::Tensor activateBackward(const at::Tensor& dh, const at::Tensor& z, Bottleneck::Activation activation) {
  return activation == Bottleneck::Activation::Gelu ? at::gelu_backward(dh, z) : at::threshold_backward(dh, z, 0);
}

}  // namespace

Bottleneck::Bottleneck(const at::Tensor& weight, const std::string& name, const Settings& settings)
    : settings_(settings) {
  const auto out = weight.size(1);
  auto generator = at::detail::createCPUGenerator(
      counterRandom(settings.key.seed, RandomUse::Bottleneck, settings.key.layerIndex, settings.key.cycle));
  const auto drawn = [&](std::int64_t rows, std::int64_t columns) {
    return at::empty({rows, columns}, at::kFloat).normal_(0, kStartDeviation, generator).to(computeOptions(weight));
  };
  down_.name = name + ".adapter.down.weight";
  down_.value = drawn(out, settings.width);
  downBias_.name = name + ".adapter.down.bias";
  downBias_.value = at::zeros({settings.width}, computeOptions(weight));
  up_.name = name + ".adapter.up.weight";
  up_.value = drawn(settings.width, out);
  upBias_.name = name + ".adapter.up.bias";
  upBias_.value = at::zeros({out}, computeOptions(weight));
}

void Bottleneck::forward(const at::Tensor& /*x*/, at::Tensor& y, SavedForBackward& saved) const {
  saved.output = y.clone();
  saved.projected = at::addmm(downBias_.value, y, down_.value);
  y.addmm_(activate(saved.projected, settings_.activation), up_.value).add_(upBias_.value);
}

at::Tensor Bottleneck::innerGradient(const at::Tensor& dy, const SavedForBackward& saved) {
  const auto& z = saved.projected;
  up_.gradient.addmm_(activate(z, settings_.activation).t(), dy);
  upBias_.gradient.add_(dy.sum(0));
  const auto dz = activateBackward(at::mm(dy, up_.value.t()), z, settings_.activation);
  down_.gradient.addmm_(saved.output.t(), dz);
  downBias_.gradient.add_(dz.sum(0));
  return at::addmm(dy, dz, down_.value.t());
}

void Bottleneck::backward(const at::Tensor& /*x*/, const SavedForBackward& /*saved*/, const at::Tensor& /*dy*/,
                          at::Tensor& /*dx*/) {}

void Bottleneck::writeMerged(at::Tensor /*destination*/) const {
  throw std::logic_error("A bottleneck adapter is no matrix and cannot be merged.");
}

}  // namespace rosa::adapt
