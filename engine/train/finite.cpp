// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/finite.h"

#include <ATen/ATen.h>

#include <cmath>

#include "adapt/frozen_weight.h"
#include "train/session.h"

namespace rosa::train {

bool allFinite(const at::Tensor& tensor) {
  if (tensor.numel() == 0 || !tensor.is_floating_point()) return true;
  const at::NoGradGuard noGrad;
  // Both are NaN where one number is.
  const auto [least, most] = at::aminmax(tensor.detach());
  return std::isfinite(least.item<double>()) && std::isfinite(most.item<double>());
}

std::optional<std::string> firstNonFinite(std::span<const model::NamedTensor> tensors) {
  for (const auto& stored : tensors) {
    if (!allFinite(stored.tensor)) return stored.name;
  }
  return std::nullopt;
}

std::optional<std::string> firstNonFinite(const Session& session) {
  for (const auto* parameter : session.parameters) {
    if (!allFinite(parameter->value)) return parameter->name;
  }
  for (const auto& layer : session.layers) {
    const auto weight = layer.slot->weight();
    if (!allFinite(adapt::isInt8(weight) ? adapt::scalesOf(weight) : weight)) return layer.name + ".weight";
  }
  return std::nullopt;
}

}  // namespace rosa::train
