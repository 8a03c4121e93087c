// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "engine/gguf/gguf_samples.h"
#include "gguf/half.h"

namespace rosa::gguf {
namespace {

std::vector<float> thereAndBack(BlockType type, const std::vector<float>& numbers) {
  const auto format = formatOf(type);
  std::vector<std::byte> bytes(numbers.size() / format.values * format.bytes);
  quantise(type, numbers, bytes);
  std::vector<float> back(numbers.size());
  dequantise(type, bytes, back);
  return back;
}

double rootMeanSquare(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(static_cast<double>(a[i]) - b[i], 2);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

TEST(Half, EveryPatternComesBack) {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    EXPECT_EQ(toHalf(fromHalf(half)), half) << bits;
    const float brain = fromBrain(half);
    if (!std::isnan(brain)) {
      EXPECT_EQ(toBrain(brain), half) << bits;
    }
  }
}

TEST(Half, RoundsToNearestEven) {
  EXPECT_EQ(toHalf(1.0F + 0x1p-11F), 0x3C00) << "a tie goes to the even neighbour";
  EXPECT_EQ(toHalf(1.0F + 0x3p-11F), 0x3C02);
  EXPECT_EQ(toHalf(std::nextafter(1.0F + 0x1p-11F, 2.0F)), 0x3C01);
  EXPECT_EQ(toHalf(65504.0F), 0x7BFF);
  EXPECT_EQ(toHalf(65520.0F), 0x7C00) << "rounds to infinity";
  EXPECT_EQ(toHalf(65519.0F), 0x7BFF);
  EXPECT_EQ(toHalf(0x1p-24F), 1) << "the smallest";
  EXPECT_EQ(toHalf(0x1p-25F), 0) << "a tie with zero";
  EXPECT_EQ(toHalf(0x1.8p-25F), 1);
  EXPECT_EQ(toHalf(-0.0F), 0x8000);
  EXPECT_EQ(toBrain(1.00390625F), 0x3F80);
  EXPECT_EQ(toBrain(std::nextafter(1.00390625F, 2.0F)), 0x3F81);
  EXPECT_EQ(toBrain(std::bit_cast<float>(0x7F800001U)), 0x7FC0) << "a NaN stays one";
  EXPECT_EQ(toBrain(std::bit_cast<float>(0xFFC00001U)), 0xFFC0);
  EXPECT_TRUE(std::isnan(fromHalf(toHalf(std::numeric_limits<float>::quiet_NaN()))));
}

// golden: reference/observed.md 20.
TEST(Blocks, Q8RoundsHalfAwayFromZero) {
  std::vector<float> numbers(32, 0);
  const std::array<float, 7> start = {127, 0.5F, 1.5F, 2.5F, -0.5F, -1.5F, -2.5F};
  std::ranges::copy(start, numbers.begin());
  std::vector<std::byte> bytes(34);
  quantise(BlockType::Q8_0, numbers, bytes);
  const std::array<int, 7> expected = {127, 1, 2, 3, -1, -2, -3};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(static_cast<std::int8_t>(bytes[2 + i]), expected[i]) << i;
  }
  std::vector<float> one(32, 0.5F);
  one[0] = 1;
  quantise(BlockType::Q8_0, one, bytes);
  EXPECT_EQ(std::to_integer<int>(bytes[0]) | std::to_integer<int>(bytes[1]) << 8, 0x2008);
  EXPECT_EQ(static_cast<std::int8_t>(bytes[3]), 64);
}

class EveryType : public testing::TestWithParam<BlockType> {};

TEST_P(EveryType, ZerosAndConstantsStayWhatTheyAre) {
  const std::vector<float> zeros(512, 0);
  EXPECT_EQ(thereAndBack(GetParam(), zeros), zeros);
  for (const float constant : {1.0F, -1.0F, 0.375F}) {
    for (const float x : thereAndBack(GetParam(), std::vector<float>(256, constant))) {
      EXPECT_NEAR(x, constant, 0.01F * std::fabs(constant));
    }
  }
}

TEST_P(EveryType, ErrorsScaleWithTheNumbers) {
  const auto numbers = randomNumbers(4096, 7);
  auto scaled = numbers;
  for (auto& x : scaled) x *= 64;
  const auto back = thereAndBack(GetParam(), numbers);
  const auto backScaled = thereAndBack(GetParam(), scaled);
  const double error = rootMeanSquare(numbers, back);
  EXPECT_LT(error, 0.13) << "of a standard deviation";
  EXPECT_NEAR(rootMeanSquare(scaled, backScaled), 64 * error, 64 * error * 0.02 + 1e-6);
}

TEST_P(EveryType, WhatCameBackOnceStaysNearlyTheSame) {
  const auto back = thereAndBack(GetParam(), randomNumbers(2048, 11));
  EXPECT_LT(rootMeanSquare(thereAndBack(GetParam(), back), back), 0.02);
}

TEST_P(EveryType, ExtremeNumbersGiveNoNan) {
  std::vector<float> numbers(256, 1e-38F);
  numbers[3] = 6e4F;
  numbers[100] = -6e4F;
  for (const float x : thereAndBack(GetParam(), numbers)) EXPECT_TRUE(std::isfinite(x));
  for (const float x : thereAndBack(GetParam(), std::vector<float>(256, 1e-30F))) EXPECT_NEAR(x, 0, 1e-7F);
}

INSTANTIATE_TEST_SUITE_P(Blocks, EveryType,
                         testing::Values(BlockType::F32, BlockType::F16, BlockType::BF16, BlockType::Q4_0,
                                         BlockType::Q5_0, BlockType::Q8_0, BlockType::Q4_K, BlockType::Q6_K),
                         [](const auto& shown) { return std::string(formatOf(shown.param).name); });

}  // namespace
}  // namespace rosa::gguf
