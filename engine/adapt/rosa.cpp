// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/rosa.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <stdexcept>

#include "adapt/factorise.h"
#include "adapt/slice.h"

namespace rosa::adapt {

namespace {

constexpr const char* kCoverageState = "coverage";

template <typename T>
T valueOrThrow(Expected<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

}  // namespace

Rosa::Rosa(at::Tensor weight, std::string name, const Settings& settings)
    : LowRank(weight, std::move(name), settings.lowRank),
      settings_(settings),
      coverage_(std::min(weight.size(0), weight.size(1)), weight.options()) {}

Slice Rosa::chooseSlice(std::int64_t cycle, std::optional<std::int64_t> start) const {
  const std::int64_t rank = settings_.lowRank.rank;
  const std::int64_t directions = coverage_.basis().size(1);
  if (start) return valueOrThrow(sliceAt(*start, rank, directions, name()));
  return drawSlice(settings_.seed, cycle, settings_.layerIndex, rank, directions);
}

Slice Rosa::resample(std::int64_t cycle, std::optional<std::int64_t> start) {
  const Slice slice = chooseSlice(cycle, start);
  const double scale = settings_.lowRank.scale;

  if (!merged()) weight().addmm_(a(), b(), 1, scale);
  auto factors = factorise(weight(), slice);
  if (!factors) {
    // Leave the layer as it was, so that what is saved after the failure is still the model.
    if (!merged()) weight().addmm_(a(), b(), 1, -scale);
    throw std::runtime_error("Layer " + name() + " cannot be resampled. " + factors.error().message);
  }
  a().copy_(factors->a);
  b().copy_(factors->b);
  const double removed = settings_.referenceScale ? 1 : scale;
  const double kept = merged() ? scale : 0;
  if (kept != removed) weight().addmm_(a(), b(), 1, kept - removed);

  coverage_.add(factors->directions);
  cycle_ = cycle;
  slice_ = slice;
  return slice;
}

std::vector<std::pair<std::string, at::Tensor>> Rosa::state() {
  auto tensors = LowRank::state();
  tensors.emplace_back(kCoverageState, coverage_.basis());
  return tensors;
}

Status Rosa::restoreState(const device::TensorSource& source, const std::string& prefix) {
  ROSA_TRY(const auto shape, source.shape(prefix + kCoverageState));
  const std::int64_t directions = coverage_.basis().size(1);
  if (shape.size() != 2 || shape[0] < 0 || shape[0] > directions || shape[1] != directions) {
    return Error{"Tensor " + prefix + kCoverageState + " of the checkpoint does not fit layer " + name() +
                 ". Resume from another checkpoint of this run."};
  }
  coverage_.resize(shape[0]);
  return LowRank::restoreState(source, prefix);
}

void Rosa::restored(std::int64_t cycle, const Slice& slice) {
  cycle_ = cycle;
  slice_ = slice;
}

}  // namespace rosa::adapt
