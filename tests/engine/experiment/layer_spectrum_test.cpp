// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/layer_spectrum.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace rosa::experiment {
namespace {

at::Tensor diagonal(const std::vector<double>& values) {
  return at::diag(at::tensor(values, at::kDouble));
}

LayerSpectrum spectrumOf(const std::vector<at::Tensor>& weights) {
  SpectrumMeter meter(weights.front());
  for (std::size_t cycle = 1; cycle < weights.size(); ++cycle) meter.add(weights[cycle]);
  return meter.finish();
}

TEST(LayerSpectrum, TellsWhatEachCycleMovedAlongTheFirstDirections) {
  auto second = diagonal({3, 2, 1});
  second[0][1] = 0.5;  // the second direction gains something of the first input
  auto third = second.clone();
  third[2][2] = 4;
  const auto spectrum = spectrumOf({diagonal({3, 2, 1}), second, third});
  EXPECT_EQ(spectrum.before, (std::vector<double>{3, 2, 1}));
  ASSERT_EQ(spectrum.moved.size(), 2U);
  EXPECT_EQ(spectrum.moved[0], (std::vector<double>{0, 0.5, 0}));
  EXPECT_EQ(spectrum.moved[1], (std::vector<double>{0, 0, 3}));
  EXPECT_NEAR(spectrum.after[0], 4, 1e-12);
  EXPECT_NEAR(spectrum.change, std::sqrt((0.25 + 9) / 14), 1e-12);
  EXPECT_NEAR(spectrum.changed[0], 3, 1e-12);
  EXPECT_NEAR(spectrum.changed[1], 0.5, 1e-12);
}

TEST(LayerSpectrum, TellsWhatLiesBesideTheDirectionsOfAWideLayer) {
  const auto first = at::tensor({2.0, 0.0, 0.0}, at::kDouble).view({1, 3});
  const auto second = at::tensor({2.0, 3.0, 4.0}, at::kDouble).view({1, 3});
  const auto spectrum = spectrumOf({first, second});
  EXPECT_NEAR(spectrum.moved[0][0], 0, 1e-12);
  EXPECT_NEAR(spectrum.outside[0], 5, 1e-12);
}

TEST(CumulativeShare, EndsAtOne) {
  EXPECT_EQ(cumulativeShare({3, 1}), (std::vector<double>{0.75, 1}));
  EXPECT_EQ(cumulativeShare({0, 0}), (std::vector<double>{1, 1}));
}

TEST(DirectionsHolding, CountSquaredNorms) {
  EXPECT_EQ(directionsHolding({3, 1, 1}, 0.8), 1U);
  EXPECT_EQ(directionsHolding({3, 1, 1}, 0.9), 2U);
  EXPECT_EQ(directionsHolding({0, 0}, 0.9), 0U);
}

}  // namespace
}  // namespace rosa::experiment
