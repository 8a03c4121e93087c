// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/packed_change.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "engine/checkpoint/stored_tensors.h"

namespace rosa::checkpoint {
namespace {

std::span<const std::byte> bytesOf(const std::vector<float>& numbers) {
  return std::as_bytes(std::span(numbers));
}

std::vector<float> normal(std::size_t count, unsigned seed, float deviation) {
  std::mt19937 random(seed);
  std::normal_distribution<float> draw(0, deviation);
  std::vector<float> numbers(count);
  for (auto& number : numbers) number = draw(random);
  return numbers;
}

TEST(PackedChange, LeadsFromAnyBytesToAnyOthersInEveryDtype) {
  for (int index = 0; index <= static_cast<int>(Dtype::U64); ++index) {
    const auto dtype = static_cast<Dtype>(index);
    SCOPED_TRACE(dtypeName(dtype));
    const StoredTensor base("a", dtype, {24, 5}, 1);
    const StoredTensor target("a", dtype, {24, 5}, 2);
    const auto packed = packChange(dtype, base.data, target.data);
    ASSERT_TRUE(packed) << packed.error().message;
    auto numbers = base.data;
    const auto status = applyChange(dtype, *packed, numbers);
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_EQ(numbers, target.data);
    const auto alone = packChange(dtype, {}, target.data);
    ASSERT_TRUE(alone);
    std::vector<std::byte> zeros(target.data.size());
    ASSERT_TRUE(applyChange(dtype, *alone, zeros));
    EXPECT_EQ(zeros, target.data);
  }
}

TEST(PackedChange, KeepsEveryBitOfNumbersThatAreNoOrdinaryOnes) {
  const std::vector<float> base{0.F, -0.F, 1.F, -1.F, std::numeric_limits<float>::infinity(), 1e-42F, 3.F};
  const std::vector<float> target{
      -0.F, 0.F, std::nextafter(1.F, 2.F), std::numeric_limits<float>::quiet_NaN(), -1e-42F, -1e38F, 3.F};
  const auto packed = packChange(Dtype::F32, bytesOf(base), bytesOf(target));
  ASSERT_TRUE(packed);
  auto numbers = base;
  ASSERT_TRUE(applyChange(Dtype::F32, *packed, std::as_writable_bytes(std::span(numbers))));
  EXPECT_EQ(std::memcmp(numbers.data(), target.data(), numbers.size() * sizeof(float)), 0);
}

TEST(PackedChange, AnEmptyTensorAndOneWithoutChangeTakeNextToNothing) {
  const auto empty = packChange(Dtype::BF16, {}, {});
  ASSERT_TRUE(empty);
  EXPECT_TRUE(applyChange(Dtype::BF16, *empty, {}));
  const auto numbers = normal(1 << 16, 1, 1.F);
  const auto same = packChange(Dtype::F32, bytesOf(numbers), bytesOf(numbers));
  ASSERT_TRUE(same);
  EXPECT_LT(same->size(), 64U);
}

TEST(PackedChange, IsSmallWhereTheChangeIs) {
  constexpr std::size_t kCount = 1 << 16;
  const auto base = normal(kCount, 1, 0.02F);
  auto target = base;
  // One number in twenty goes on to the next one, up or down.
  for (std::size_t i = 0; i < kCount; i += 20) target[i] = std::nextafter(target[i], i % 40 == 0 ? 1.F : -1.F);
  const auto sparse = packChange(Dtype::F32, bytesOf(base), bytesOf(target));
  ASSERT_TRUE(sparse);
  EXPECT_LT(sparse->size() * 100, kCount * sizeof(float));
  // All numbers move by about a thousandth: 24 bits of fraction, 14 of which or so change.
  const auto moves = normal(kCount, 2, 2e-5F);
  for (std::size_t i = 0; i < kCount; ++i) target[i] = base[i] + moves[i];
  const auto dense = packChange(Dtype::F32, bytesOf(base), bytesOf(target));
  const auto alone = packChange(Dtype::F32, {}, bytesOf(target));
  ASSERT_TRUE(dense && alone);
  EXPECT_LT(dense->size() * 100, alone->size() * 75);
}

TEST(PackedChange, DamageIsToldAndNothingIsRead) {
  const auto base = normal(512, 1, 1.F);
  const auto target = normal(512, 2, 1.F);
  const auto packed = packChange(Dtype::F32, bytesOf(base), bytesOf(target));
  ASSERT_TRUE(packed);
  auto numbers = base;
  const auto room = std::as_writable_bytes(std::span(numbers));
  EXPECT_FALSE(applyChange(Dtype::F32, "", room));
  EXPECT_FALSE(applyChange(Dtype::F32, "\x07" + packed->substr(1), room));
  EXPECT_FALSE(applyChange(Dtype::F32, packed->substr(0, packed->size() / 2), room));
  EXPECT_FALSE(applyChange(Dtype::F32, *packed, room.first(room.size() / 2))) << "of another tensor";
  std::vector<float> more(1024);
  EXPECT_FALSE(applyChange(Dtype::F32, *packed, std::as_writable_bytes(std::span(more)))) << "of another tensor";
  for (std::size_t at = 0; at < packed->size(); at += 31) {
    auto damaged = *packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    EXPECT_FALSE(applyChange(Dtype::F32, damaged, room)) << "byte " << at;
  }
  EXPECT_FALSE(unpackBytes("not zstd", 8));
  EXPECT_FALSE(unpackBytes("", 0));
}

}  // namespace
}  // namespace rosa::checkpoint
