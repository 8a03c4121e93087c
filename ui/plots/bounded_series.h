// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rosa::ui {

struct CurvePoint {
  double step = 0;
  double value = 0;
  friend bool operator==(const CurvePoint&, const CurvePoint&) = default;
};

/// A curve of bounded size. When it is full, all but its newest part is divided into stretches of equal length, of each
/// of which the lowest and the highest point stay: no spike is lost, and none is drawn wider than it was, however long
/// the run.
class BoundedSeries {
 public:
  static constexpr std::size_t kMostPoints = 8192;

  explicit BoundedSeries(std::size_t mostPoints = kMostPoints);

  /// Steps grow. A value that is not finite stands for a gap and is kept out.
  void add(double step, double value);
  /// Forgets all points after `step`: a resumed run trains those steps anew.
  void truncateAfter(double step);

  [[nodiscard]] const std::vector<CurvePoint>& points() const { return points_; }
  /// Counts up whenever points that were there before changed; otherwise points were only appended.
  [[nodiscard]] std::int64_t generation() const { return generation_; }
  /// The point whose step is nearest; null in an empty series.
  [[nodiscard]] const CurvePoint* nearest(double step) const;
  /// The last point up to and with `step`; null if there is none.
  [[nodiscard]] const CurvePoint* lastUpTo(double step) const;

 private:
  void compact();

  std::size_t mostPoints_;
  std::vector<CurvePoint> points_;
  std::int64_t generation_ = 0;
};

}  // namespace rosa::ui
