// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/values.h"

#include <gtest/gtest.h>

#include <string>

namespace rosa::config {
namespace {

template <typename T>
T parsed(std::string_view text) {
  T value{};
  const Status status = parseValue(text, value);
  EXPECT_TRUE(status) << text << ": " << (status ? "" : status.error().message);
  return value;
}

template <typename T>
std::string refusal(std::string_view text) {
  T value{};
  const Status status = parseValue(text, value);
  EXPECT_FALSE(status) << text;
  EXPECT_EQ(value, T{}) << text << " must leave the value alone";
  return status ? "" : status.error().message;
}

TEST(Values, ReadsWholeNumbers) {
  EXPECT_EQ(parsed<std::int64_t>("8"), 8);
  EXPECT_EQ(parsed<std::int64_t>(" +12 "), 12);
  EXPECT_EQ(parsed<std::int64_t>("-3"), -3);
  EXPECT_EQ(parsed<std::int64_t>("9223372036854775807"), 9223372036854775807);
  for (const auto* wrong : {"", "8.5", "1e3", "eight", "8 8", "0x10", "++1", "9223372036854775808"}) {
    refusal<std::int64_t>(wrong);
  }
}

TEST(Values, ReadsNumbersWithAPoint) {
  EXPECT_EQ(parsed<double>("1e-3"), 1e-3);
  EXPECT_EQ(parsed<double>("0.1"), 0.1);
  EXPECT_EQ(parsed<double>("+2"), 2.0);
  EXPECT_EQ(parsed<double>("-.5"), -0.5);
  for (const auto* wrong : {"", "nan", "inf", "-inf", "1e999", "1.5x", "1 2", "0x1p3"}) refusal<double>(wrong);
  EXPECT_NE(refusal<double>("0,1").find("point"), std::string::npos);
}

TEST(Values, ReadsYesAndNo) {
  EXPECT_TRUE(parsed<bool>("yes"));
  EXPECT_TRUE(parsed<bool>("true"));
  EXPECT_FALSE(parsed<bool>("no"));
  EXPECT_FALSE(parsed<bool>("false"));
  EXPECT_EQ(refusal<bool>("maybe"), "\"maybe\" is neither yes nor no");
}

TEST(Values, ReadsRanksAsNumberOrShare) {
  EXPECT_EQ(parsed<Rank>("12"), Rank{std::int64_t{12}});
  EXPECT_EQ(parsed<Rank>("0.1"), Rank{0.1});
  EXPECT_EQ(parsed<Rank>("10%"), Rank{0.1});
  EXPECT_EQ(parsed<Rank>("12.5 %"), Rank{0.125});
  EXPECT_EQ(parsed<Rank>("1"), Rank{std::int64_t{1}});
  EXPECT_EQ(parsed<Rank>("1.0"), Rank{1.0});
  EXPECT_EQ(parsed<Rank>("100%"), Rank{1.0});
  for (const auto* wrong : {"", "%", "r8", "8x", "8 9", "nan%"}) refusal<Rank>(wrong);
}

TEST(Values, ReadsIntervals) {
  using Unit = Interval::Unit;
  for (const auto* text : {"200steps", "200 steps", "200", "200step"}) {
    EXPECT_EQ(parsed<Interval>(text), (Interval{Unit::Steps, 200})) << text;
  }
  EXPECT_EQ(parsed<Interval>("1epoch"), (Interval{Unit::Epochs, 1}));
  EXPECT_EQ(parsed<Interval>("0.5epochs"), (Interval{Unit::Epochs, 0.5}));
  EXPECT_EQ(parsed<Interval>("2e1 epochs"), (Interval{Unit::Epochs, 20}));
  Interval interval{Unit::Steps, 5};
  EXPECT_TRUE(parseValue(" never ", interval));
  EXPECT_EQ(interval, Interval{});
  for (const auto* wrong : {"", "steps", "5 minutes", "1epoch5", "always"}) refusal<Interval>(wrong);
}

TEST(Values, ReadsAmountsOfMemory) {
  EXPECT_EQ(parsed<MemorySize>("6GB"), (MemorySize{6'000'000'000}));
  EXPECT_EQ(parsed<MemorySize>("1.5 GB"), (MemorySize{1'500'000'000}));
  EXPECT_EQ(parsed<MemorySize>("2GiB"), (MemorySize{std::int64_t{2} << 30}));
  EXPECT_EQ(parsed<MemorySize>("123457"), (MemorySize{123457}));
  for (const auto* wrong : {"", "GB", "6 gigs", "-1GB", "1e300GB", "6,5GB"}) refusal<MemorySize>(wrong);
  for (const std::int64_t bytes :
       {std::int64_t{0}, std::int64_t{123457}, std::int64_t{1'500'000'000}, std::int64_t{3} << 29}) {
    EXPECT_EQ(parsed<MemorySize>(formatValue(MemorySize{bytes})), MemorySize{bytes}) << formatValue(MemorySize{bytes});
  }
  EXPECT_EQ(formatValue(MemorySize{6'000'000'000}), "6GB");
  EXPECT_EQ(formatValue(MemorySize{std::int64_t{1} << 30}), "1GiB");
}

TEST(Values, ReadsWarmups) {
  EXPECT_EQ(parsed<Warmup>("100"), (Warmup{100, std::nullopt}));
  EXPECT_EQ(parsed<Warmup>("6%"), (Warmup{0, 0.06}));
  for (const auto* wrong : {"", "6 %%", "1epoch"}) refusal<Warmup>(wrong);
}

TEST(Values, WritesWhatPeopleWrite) {
  EXPECT_EQ(formatValue(0.001), "0.001");
  EXPECT_EQ(formatValue(1e-8), "1e-08");
  EXPECT_EQ(formatValue(Rank{std::int64_t{8}}), "8");
  EXPECT_EQ(formatValue(Rank{0.1}), "0.1");
  EXPECT_EQ(formatValue(Rank{1.0}), "1.0");
  EXPECT_EQ(formatValue(Interval{}), "never");
  EXPECT_EQ(formatValue(Interval{Interval::Unit::Steps, 200}), "200steps");
  EXPECT_EQ(formatValue(Interval{Interval::Unit::Epochs, 1}), "1epoch");
  EXPECT_EQ(formatValue(Warmup{0, 0.06}), "6%");
  EXPECT_EQ(formatValue(Warmup{0, 0.07}), "7%");
  EXPECT_EQ(formatValue(Warmup{100, std::nullopt}), "100");
}

TEST(Values, EverySpellingStandsForItsOwnValue) {
  const auto check = [](auto first, int count) {
    using Enum = decltype(first);
    for (int index = 0; index < count; ++index) {
      const std::string text = formatValue(static_cast<Enum>(index));
      ASSERT_FALSE(text.empty());
      EXPECT_EQ(static_cast<int>(parsed<Enum>(text)), index) << text;
    }
    EXPECT_TRUE(spellingAt(static_cast<std::size_t>(count), spellings(first)).empty());
  };
  check(Task{}, 6);
  check(Method{}, 13);
  check(LossOn{}, 5);
  check(Shape{}, 7);
  check(Schedule{}, 8);
  check(RampShape{}, 3);
  check(Optimizer{}, 7);
  check(DeviceChoice{}, 3);
  check(Form{}, 3);
  check(MomentReset{}, 5);
  check(Factorise{}, 6);
  check(SliceRule{}, 7);
  check(AdaptFactors{}, 3);
  check(Basis{}, 3);
  check(LoraStart{}, 4);
  EXPECT_EQ(formatValue(Task::Completion), "completion");
  EXPECT_EQ(formatValue(Optimizer::Sgd), "sgd");
  EXPECT_EQ(formatValue(DeviceChoice::Cuda), "cuda");
  EXPECT_EQ(refusal<Method>("pissa"),
            "\"pissa\" is not known; choose one of rosa, lora, full, dora, ia3, relora, galore, bitfit, head, "
            "houlsby, pfeiffer, prompt, prefix");
}

TEST(Values, HostileTextStaysOutOfMessages) {
  const std::string message = refusal<double>(std::string(100'000, 'x') + "\x1b[31m");
  EXPECT_LT(message.size(), 300U);
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace rosa::config
