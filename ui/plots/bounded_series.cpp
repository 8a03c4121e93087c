// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/bounded_series.h"

#include <algorithm>
#include <cmath>

namespace rosa::ui {
namespace {

constexpr std::size_t kBucket = 4;
constexpr std::size_t kLeastPoints = 4 * kBucket;

bool byStep(const CurvePoint& point, double step) {
  return point.step < step;
}

}  // namespace

BoundedSeries::BoundedSeries(std::size_t mostPoints) : mostPoints_(std::max(mostPoints, kLeastPoints)) {}

void BoundedSeries::add(double step, double value) {
  if (!std::isfinite(value)) return;
  if (points_.size() >= mostPoints_) compact();
  points_.push_back({step, value});
}

void BoundedSeries::truncateAfter(double step) {
  const auto from = std::upper_bound(points_.begin(), points_.end(), step,
                                     [](double wanted, const CurvePoint& point) { return wanted < point.step; });
  if (from == points_.end()) return;
  points_.erase(from, points_.end());
  ++generation_;
}

const CurvePoint* BoundedSeries::nearest(double step) const {
  if (points_.empty()) return nullptr;
  auto right = std::lower_bound(points_.begin(), points_.end(), step, byStep);
  if (right == points_.end()) return &points_.back();
  if (right == points_.begin()) return &points_.front();
  const auto left = right - 1;
  return step - left->step <= right->step - step ? &*left : &*right;
}

const CurvePoint* BoundedSeries::lastUpTo(double step) const {
  const auto after = std::upper_bound(points_.begin(), points_.end(), step,
                                      [](double wanted, const CurvePoint& point) { return wanted < point.step; });
  return after == points_.begin() ? nullptr : &*(after - 1);
}

void BoundedSeries::compact() {
  const std::size_t half = points_.size() / 2 / kBucket * kBucket;
  std::vector<CurvePoint> kept;
  kept.reserve(mostPoints_);
  for (std::size_t from = 0; from < half; from += kBucket) {
    const auto first = points_.begin() + static_cast<std::ptrdiff_t>(from);
    auto [low, high] = std::minmax_element(first, first + static_cast<std::ptrdiff_t>(kBucket),
                                           [](const CurvePoint& a, const CurvePoint& b) { return a.value < b.value; });
    if (high < low) std::swap(low, high);
    kept.push_back(*low);
    if (high != low) kept.push_back(*high);
  }
  kept.insert(kept.end(), points_.begin() + static_cast<std::ptrdiff_t>(half), points_.end());
  points_ = std::move(kept);
  ++generation_;
}

}  // namespace rosa::ui
