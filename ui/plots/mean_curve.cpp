// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/mean_curve.h"

#include <algorithm>

#include "rosa/interval.h"

namespace rosa::ui {
namespace {

/// Reads a curve at growing places.
class CurveReader {
 public:
  explicit CurveReader(const std::vector<PlacedPoint>& points) : points_(points) {}

  [[nodiscard]] bool covers(double place) const {
    return !points_.empty() && points_.front().place <= place && place <= points_.back().place;
  }
  /// Of a place that is covered.
  double at(double place) {
    while (next_ + 1 < points_.size() && points_[next_].place < place) ++next_;
    const PlacedPoint& right = points_[next_];
    if (next_ == 0 || right.place <= place) return right.value;
    const PlacedPoint& left = points_[next_ - 1];
    return left.value + (right.value - left.value) * (place - left.place) / (right.place - left.place);
  }

 private:
  const std::vector<PlacedPoint>& points_;
  std::size_t next_ = 0;
};

}  // namespace

std::vector<MeanPoint> meanCurve(const std::vector<std::vector<PlacedPoint>>& curves) {
  std::vector<MeanPoint> mean;
  if (curves.size() == 1) {
    for (const PlacedPoint& point : curves.front()) mean.push_back({point.place, point.value, 0});
    return mean;
  }
  std::vector<double> places;
  std::vector<CurveReader> readers;
  for (const auto& curve : curves) {
    readers.emplace_back(curve);
    for (const PlacedPoint& point : curve) places.push_back(point.place);
  }
  std::ranges::sort(places);
  places.erase(std::ranges::unique(places).begin(), places.end());
  mean.reserve(places.size());
  std::vector<double> values;
  for (const double place : places) {
    values.clear();
    for (CurveReader& reader : readers) {
      if (reader.covers(place)) values.push_back(reader.at(place));
    }
    const auto interval = metrics::meanInterval(values);
    mean.push_back({place, interval.mean, values.size() > 1 ? interval.half : 0});
  }
  return mean;
}

}  // namespace rosa::ui
