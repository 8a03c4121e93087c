// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/fitting_models.h"

#include <gtest/gtest.h>

#include "engine/service/service_fixture.h"

namespace rosa::service {
namespace {

constexpr std::int64_t kGigabyte = 1'000'000'000;

TEST(FittingModels, MoreMemoryAndHalfTheWeightsTakeLargerOnes) {
  EXPECT_FALSE(largestFittingModel(kGigabyte / 10, WeightType::Bf16));
  std::int64_t before = 0;
  for (const std::int64_t gigabytes : {1, 4, 16, 64}) {
    const auto wide = largestFittingModel(gigabytes * kGigabyte, WeightType::Fp32);
    const auto half = largestFittingModel(gigabytes * kGigabyte, WeightType::Bf16);
    ASSERT_TRUE(wide && half) << gigabytes;
    EXPECT_LE(wide->bytes, gigabytes * kGigabyte);
    EXPECT_LE(half->bytes, gigabytes * kGigabyte);
    EXPECT_GE(wide->bytes, before);
    before = wide->bytes;
  }
  // 7.25 B numbers take 29 GB in fp32 and half of that in bf16.
  const auto wide = largestFittingModel(20 * kGigabyte, WeightType::Fp32);
  const auto half = largestFittingModel(20 * kGigabyte, WeightType::Bf16);
  EXPECT_NE(wide->description, half->description);
  EXPECT_NE(largestFittingModel(10 * kGigabyte, WeightType::Int8)->description,
            largestFittingModel(10 * kGigabyte, WeightType::Bf16)->description)
      << "a quarter";
}

}  // namespace
}  // namespace rosa::service

namespace rosa::test {
namespace {

using MemoryPlan = ServiceTest;

TEST_F(MemoryPlan, ABudgetIsKeptOrRefusedWithTheLeastThatWouldDo) {
  auto config = e2eConfig();
  config.batch = 8;
  const auto free = engine_->plan(config);
  ASSERT_TRUE(free.problems.empty());
  config.memory = MemorySize{free.memory.totalBytes() - 1};
  const auto fitted = engine_->plan(config);
  EXPECT_TRUE(fitted.problems.empty());
  EXPECT_LT(fitted.memory.totalBytes(), free.memory.totalBytes());
  ASSERT_FALSE(fitted.remarks.empty());
  EXPECT_NE(fitted.remarks.back().find("micro-batches of 4"), std::string::npos) << fitted.remarks.back();
  config.memory = MemorySize{1'000'000};
  const auto refused = engine_->plan(config);
  ASSERT_EQ(refused.problems.size(), 1U);
  EXPECT_EQ(refused.problems[0].key, "memory");
  const auto& text = refused.problems[0].message;
  const auto remedy = text.find("--memory ");
  ASSERT_NE(remedy, std::string::npos) << text;
  const auto size = text.substr(remedy + 9, text.find(',', remedy) - remedy - 9);
  ASSERT_TRUE(setConfigField(config, "memory", size)) << size;
  EXPECT_TRUE(engine_->plan(config).problems.empty()) << "the remedy: " << size;
}

}  // namespace
}  // namespace rosa::test
