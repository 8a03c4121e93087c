// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/adaptation.h"

#include <ATen/ATen.h>

#include <stdexcept>

namespace rosa::adapt {

Slice Adaptation::resample(std::int64_t /*cycle*/, std::optional<std::int64_t> /*start*/) {
  throw std::logic_error("This adaptation has no slice to resample.");
}

at::Tensor Adaptation::innerGradient(const at::Tensor& dy, const SavedForBackward& /*saved*/) {
  const auto scale = outputScale();
  return scale.defined() ? dy * scale : at::Tensor();
}

Status Adaptation::restoreState(const device::TensorSource& source, const std::string& prefix) {
  for (auto& [name, tensor] : state()) ROSA_CHECK(source.read(prefix + name, tensor));
  return {};
}

}  // namespace rosa::adapt
