// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/rosa.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>

#include "adapt/directions.h"
#include "adapt/frozen_weight.h"

namespace rosa::adapt {

namespace {

constexpr const char* kCoverageState = "coverage";
constexpr const char* kSweepState = "sweep";

template <typename T>
T valueOrThrow(Expected<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

/// Whether W loses what the factors hold.
bool splitsOff(Factorise factorise) {
  return factorise == Factorise::SvdEqual || factorise == Factorise::RandomProjection ||
         factorise == Factorise::RandomOrthogonal;
}

bool startsAtZero(Factorise factorise) {
  return factorise == Factorise::Additive || factorise == Factorise::RandomAdd;
}

at::Tensor rowsAt(const at::Tensor& rows, const std::vector<std::int64_t>& indices) {
  return rows.index_select(0, at::tensor(indices, at::TensorOptions(at::kLong)).to(rows.device()));
}

/// Frobenius norm of a·b, by way of the small products alone.
double normOfProduct(const at::Tensor& a, const at::Tensor& b) {
  const auto squared = (at::mm(a.t(), a) * at::mm(b, b.t())).sum(at::kDouble).item<double>();
  return std::sqrt(std::max(0.0, squared));
}

std::vector<double> numbersOf(const at::Tensor& values) {
  const auto plain = values.to(at::kCPU, at::kDouble).contiguous();
  const auto* first = plain.const_data_ptr<double>();
  return {first, first + plain.numel()};
}

}  // namespace

Rosa::Rosa(at::Tensor weight, std::string name, const Settings& settings)
    : LowRank(weight, std::move(name), settings.lowRank),
      settings_(settings),
      coverage_(std::min(weight.size(0), weight.size(1)),
                settings.factorise == Factorise::RandomAdd ? weight.size(1) : std::min(weight.size(0), weight.size(1)),
                computeOptions(weight)) {}

Expected<Rosa::Drawn> Rosa::drawAlong(const at::Tensor& whole, const Slice& slice) const {
  const auto indices = indicesOf(slice);
  ROSA_TRY(const auto spectrum,
           spectrumOf(whole, settings_.basis, indices.front(), indices.back() - indices.front() + 1));
  auto directions = spectrum.directions;
  if (!slice.indices.empty()) {
    auto places = indices;
    for (auto& place : places) place -= indices.front();
    directions = rowsAt(directions, places);
  }
  return Drawn{slice, factorsAlong(whole, directions)};
}

at::Tensor Rosa::gradientAlong(const at::Tensor& directions) const {
  const auto& gradient = gatheredGradient();
  const bool sideIsIn = gradient.size(0) < gradient.size(1);
  const auto rows = directions.to(gradient.scalar_type());
  return at::mm(rows, sideIsIn ? gradient : gradient.t()).norm(2, 1);
}

Expected<Rosa::Drawn> Rosa::drawBySpectrum(const at::Tensor& whole, const SliceKey& key) const {
  const auto rank = settings_.lowRank.rank;
  ROSA_TRY(const auto spectrum, spectrumOf(whole, settings_.basis, 0, smallerSide()));
  const bool sigma = settings_.slice == SliceRule::Sigma;
  const auto numbers = numbersOf(sigma ? spectrum.values : gradientAlong(spectrum.directions));
  auto slice = sigma ? drawWeighted(key, rank, numbers) : largestScores(rank, numbers);
  auto factors = factorsAlong(whole, rowsAt(spectrum.directions, indicesOf(slice)));
  return Drawn{std::move(slice), std::move(factors)};
}

Expected<Rosa::Drawn> Rosa::drawSweep(const at::Tensor& whole, const SliceKey& key) {
  const auto rank = settings_.lowRank.rank;
  if (!sweepBasis_.defined() || sweepBegins(key.cycle, rank, smallerSide())) {
    ROSA_TRY(const auto spectrum, spectrumOf(whole, settings_.basis, 0, smallerSide()));
    sweepBasis_ = spectrum.directions.to(whole.scalar_type()).contiguous();
  }
  auto slice = sweepSlice(key, rank, smallerSide());
  auto factors = factorsAlong(whole, rowsAt(sweepBasis_, indicesOf(slice)));
  return Drawn{std::move(slice), std::move(factors)};
}

Expected<Rosa::Drawn> Rosa::drawSingular(const at::Tensor& whole, const SliceKey& key,
                                         const std::optional<Slice>& given) {
  const auto rank = settings_.lowRank.rank;
  if (given) return drawAlong(whole, *given);
  switch (settings_.slice) {
    case SliceRule::Window:
      break;
    case SliceRule::Uniform:
      return drawAlong(whole, drawSet(key, rank, smallerSide()));
    case SliceRule::Sweep:
      return drawSweep(whole, key);
    case SliceRule::Top:
      return drawAlong(whole, {0, rank, smallerSide()});
    case SliceRule::Bottom:
      return drawAlong(whole, {smallerSide() - rank, rank, smallerSide()});
    case SliceRule::Sigma:
      return drawBySpectrum(whole, key);
    case SliceRule::Gradient:
      if (gatheredGradient().defined()) return drawBySpectrum(whole, key);
      break;
  }
  return drawAlong(whole, drawSlice(key.seed, key.cycle, key.layerIndex, rank, smallerSide()));
}

Expected<Rosa::Drawn> Rosa::draw(const at::Tensor& whole, std::int64_t cycle, const std::optional<Slice>& given) {
  const SliceKey key{settings_.seed, cycle, settings_.layerIndex};
  const auto rank = settings_.lowRank.rank;
  const Slice random{0, rank, smallerSide(), {}, false};
  switch (settings_.factorise) {
    case Factorise::RandomAdd:
      return Drawn{random, gaussianFactors(whole, key, rank)};
    case Factorise::RandomProjection:
    case Factorise::RandomOrthogonal:
      return Drawn{random, projectionFactors(whole, key, rank, settings_.factorise == Factorise::RandomOrthogonal)};
    case Factorise::SvdEqual:
    case Factorise::SvdAdd:
    case Factorise::Additive:
      break;
  }
  if (settings_.basis == Basis::Fast) {
    return Drawn{random, factorsAlong(whole, randomDirections(key, rank, smallerSide(), whole.options()))};
  }
  return drawSingular(whole, key, given);
}

Slice Rosa::resample(std::int64_t cycle, std::optional<std::int64_t> start) {
  std::optional<Slice> given;
  if (start) given = valueOrThrow(sliceAt(*start, settings_.lowRank.rank, smallerSide(), name()));
  const double scale = settings_.lowRank.scale;

  // W in fp32 with the present slice: in place where it is kept so, and in fewer digits rounded once, at the end.
  auto whole = widened(weight());
  const double present = isNarrow(weight()) ? scale * normOfProduct(a(), b()) : 0;
  if (!merged()) whole.addmm_(a(), b(), 1, scale);
  auto drawn = draw(whole, cycle, given);
  if (!drawn) {
    // Leave the layer as it was, so that what is saved after the failure is still the model.
    if (!merged()) whole.addmm_(a(), b(), 1, -scale);
    throw std::runtime_error("Layer " + name() + " cannot be resampled. " + drawn.error().message);
  }
  a().copy_(drawn->factors.a);
  b().copy_(drawn->factors.b);
  double removed = 0;
  if (startsAtZero(settings_.factorise)) {
    a().zero_();
  } else {
    const double split = settings_.referenceScale ? 1 : scale;
    if (splitsOff(settings_.factorise)) removed = split;
    const double kept = merged() ? scale : 0;
    if (kept != removed) whole.addmm_(a(), b(), 1, kept - removed);
  }
  if (isNarrow(weight())) {
    const double lost = storeRounded(whole, removed);
    roundingLoss_ = present > 0 ? lost / present : std::numeric_limits<double>::quiet_NaN();
  }

  if (settings_.measuresCoverage) coverage_.add(drawn->factors.directions);
  cycle_ = cycle;
  slice_ = drawn->slice;
  return slice_;
}

double Rosa::storeRounded(const at::Tensor& fixed, double removed) {
  assign(weight(), fixed);
  const auto lost = fixed - widened(weight());
  if (settings_.factorise == Factorise::SvdEqual && removed != 0) {
    const auto along = at::mm(lost, b().t());
    a().add_(along, 1 / removed);
    lost.addmm_(along, b(), 1, -1);
  }
  return lost.norm().item<double>();
}

double Rosa::coverage() const {
  return settings_.measuresCoverage ? coverage_.share() : std::numeric_limits<double>::quiet_NaN();
}

std::vector<std::pair<std::string, at::Tensor>> Rosa::state() {
  auto tensors = LowRank::state();
  tensors.emplace_back(kCoverageState, coverage_.basis());
  if (sweepBasis_.defined()) tensors.emplace_back(kSweepState, sweepBasis_);
  return tensors;
}

Status Rosa::restoreState(const device::TensorSource& source, const std::string& prefix) {
  ROSA_TRY(const auto shape, source.shape(prefix + kCoverageState));
  const std::int64_t space = coverage_.basis().size(1);
  if (shape.size() != 2 || shape[0] < 0 || shape[0] > coverage_.full() || shape[1] != space) {
    return Error{"Tensor " + prefix + kCoverageState + " of the checkpoint does not fit layer " + name() +
                 ". Resume from another checkpoint of this run."};
  }
  coverage_.resize(shape[0]);
  sweepBasis_.reset();
  if (source.contains(prefix + kSweepState)) {
    sweepBasis_ = at::zeros({smallerSide(), smallerSide()}, computeOptions(weight()));
  }
  ROSA_CHECK(LowRank::restoreState(source, prefix));
  // Of a run from before some layers went without.
  if (!settings_.measuresCoverage) coverage_.resize(0);
  return {};
}

void Rosa::restored(std::int64_t cycle, const Slice& slice) {
  cycle_ = cycle;
  slice_ = slice;
}

}  // namespace rosa::adapt
