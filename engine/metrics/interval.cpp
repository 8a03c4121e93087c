// SPDX-License-Identifier: GPL-3.0-or-later
#include "rosa/interval.h"

#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace rosa::metrics {

double studentQuantile(std::size_t freedom) {
  static constexpr std::array kTable = {12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004,
                                        2.262157,  2.228139, 2.200985, 2.178813, 2.160369, 2.144787, 2.131450, 2.119905,
                                        2.109816,  2.100922, 2.093024, 2.085963, 2.079614, 2.073873, 2.068658, 2.063899,
                                        2.059539,  2.055529, 2.051831, 2.048407, 2.045230, 2.042272};
  if (freedom >= 1 && freedom <= kTable.size()) return kTable.at(freedom - 1);
  // Cornish and Fisher's expansion around the normal quantile (Abramowitz and Stegun 26.7.5): 1e-5 off here.
  const double n = static_cast<double>(freedom);
  const double z = 1.959963985;
  const double z3 = z * z * z;
  const double z5 = z3 * z * z;
  return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n);
}

Interval meanInterval(std::span<const double> values) {
  Interval interval;
  interval.count = values.size();
  if (values.empty()) return interval;
  const double n = static_cast<double>(values.size());
  interval.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() == 1) {
    interval.half = std::numeric_limits<double>::infinity();
    return interval;
  }
  double squares = 0;
  for (const double value : values) squares += (value - interval.mean) * (value - interval.mean);
  interval.half = studentQuantile(values.size() - 1) * std::sqrt(squares / (n - 1) / n);
  return interval;
}

Interval pairedInterval(std::span<const double> left, std::span<const double> right) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < left.size() && i < right.size(); ++i) differences.push_back(left[i] - right[i]);
  return meanInterval(differences);
}

}  // namespace rosa::metrics
