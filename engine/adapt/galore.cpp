// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/galore.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "adapt/directions.h"

namespace rosa::adapt {

namespace {

/// The scale goes into the rate: the gradient's norm, which clipping looks at, is then that of the projection.
LowRankSettings lowRankSettings(const at::Tensor& weight, const Galore::Settings& settings) {
  LowRankSettings lowRank;
  lowRank.rank = settings.rank;
  lowRank.form = Form::Merged;
  lowRank.trained = weight.size(0) < weight.size(1) ? TrainedFactors::B : TrainedFactors::A;
  return lowRank;
}

}  // namespace

Galore::Galore(at::Tensor weight, std::string name, const Settings& settings)
    : LowRank(weight, std::move(name), lowRankSettings(weight, settings)) {
  auto* trained = parameters().front();
  trained->rateFactor = settings.scale;
  trained->decays = false;
}

void Galore::decay(double share) {
  weight().mul_(1 - share);
}

Slice Galore::resample(std::int64_t /*cycle*/, std::optional<std::int64_t> /*start*/) {
  if (!gatheredGradient().defined()) throw std::logic_error("GaLore projects on a gradient that was not gathered.");
  Slice slice;
  slice.count = settings().rank;
  slice.directions = std::min(weight().size(0), weight().size(1));
  const auto spectrum = spectrumOf(gatheredGradient(), Basis::Exact, 0, slice.count);
  if (!spectrum) {
    throw std::runtime_error("The gradient of layer " + name() + " cannot be projected. " + spectrum.error().message);
  }
  if (trainsB()) {
    a().copy_(spectrum->directions.t());
    b().zero_();
  } else {
    b().copy_(spectrum->directions);
    a().zero_();
  }
  return slice;
}

}  // namespace rosa::adapt
