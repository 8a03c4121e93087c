// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/bounded_series.h"

#include <algorithm>
#include <cmath>

namespace rosa::ui {
namespace {

constexpr std::size_t kParts = 4;  ///< of a full series: two for what is old, one for the newest, one that is free
constexpr std::size_t kLeastPoints = 4 * kParts;

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
  const std::size_t part = mostPoints_ / kParts;
  const auto newest = points_.end() - static_cast<std::ptrdiff_t>(part);
  const double first = points_.front().step;
  // As many stretches of equal length as points are to be left, two of each: however old, all are drawn as finely.
  const double stretch = std::max((newest->step - first) / static_cast<double>(part), 1e-300);
  std::vector<CurvePoint> kept;
  kept.reserve(mostPoints_);
  for (auto from = points_.begin(); from != newest;) {
    const double end = first + stretch * (std::floor((from->step - first) / stretch) + 1);
    const auto next = std::find_if(from + 1, newest, [end](const CurvePoint& point) { return point.step >= end; });
    auto [low, high] =
        std::minmax_element(from, next, [](const CurvePoint& a, const CurvePoint& b) { return a.value < b.value; });
    if (high < low) std::swap(low, high);
    kept.push_back(*low);
    if (high != low) kept.push_back(*high);
    from = next;
  }
  kept.insert(kept.end(), newest, points_.end());
  points_ = std::move(kept);
  ++generation_;
}

}  // namespace rosa::ui
