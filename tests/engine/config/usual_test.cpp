// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/usual.h"

#include <gtest/gtest.h>

namespace rosa::config {
namespace {

constexpr std::int64_t kGpt2 = 124'439'808;
constexpr std::int64_t kMiniLm = 22'713'216;

std::string valueOf(const std::vector<UsualSetting>& usual, std::string_view key) {
  for (const auto& setting : usual) {
    if (setting.key == key) return setting.value;
  }
  return {};
}

TEST(Usual, IsTheRecipeOfTheNearestModel) {
  EXPECT_EQ(usualSettings(Method::Lora, {true, kGpt2, 1024, {}}),
            (std::vector<UsualSetting>{{"lr", "2e-04", "LoRA's recipe, GPT-2 on E2E"},
                                       {"batch", "8", "LoRA's recipe, GPT-2 on E2E"},
                                       {"max-length", "512", "ROSA's code, on GLUE and causal models"}}));
  EXPECT_EQ(valueOf(usualSettings(Method::Rosa, {false, kMiniLm, 512, {}}), "lr"), "0.001");
  EXPECT_EQ(valueOf(usualSettings(Method::Rosa, {false, kGpt2, 512, {}}), "lr"), "2e-05");
  EXPECT_EQ(valueOf(usualSettings(Method::Rosa, {true, 260'032, 512, {}}), "lr"), "0.01");
  EXPECT_EQ(valueOf(usualSettings(Method::Dora, {true, kGpt2, 1024, {}}), "lr"), "2e-04") << "DoRA is a LoRA";
}

TEST(Usual, ABatchThatDoesNotFitIsHalvedUntilItDoes) {
  const auto usual = usualSettings(Method::Full, {true, kGpt2, 1024, [](std::int64_t batch) { return batch <= 2; }});
  EXPECT_EQ(usual[1], (UsualSetting{"batch", "2", "what this machine has memory for"}));
  EXPECT_EQ(valueOf(usualSettings(Method::Full, {true, kGpt2, 1024, [](std::int64_t) { return false; }}), "batch"),
            "1");
}

TEST(Usual, NoTextIsLongerThanTheModelReads) {
  EXPECT_EQ(usualSettings(Method::Rosa, {true, kGpt2, 128, {}})[2],
            (UsualSetting{"max-length", "128", "all that the model reads"}));
}

TEST(Usual, EveryMethodHasValuesInTheSpellingOfTheSettings) {
  for (int i = 0; i <= static_cast<int>(Method::Prefix); ++i) {
    for (const bool decoder : {true, false}) {
      for (const std::int64_t size : {std::int64_t{1}, kMiniLm, kGpt2, std::int64_t{70'000'000'000}}) {
        for (const auto& setting : usualSettings(static_cast<Method>(i), {decoder, size, 4096, {}})) {
          RunConfig config;
          ASSERT_TRUE(setConfigField(config, setting.key, setting.value)) << setting.key << " " << setting.value;
          EXPECT_EQ(configFieldText(config, setting.key), setting.value) << "or it would count as changed";
          EXPECT_FALSE(setting.source.empty());
        }
      }
    }
  }
}

}  // namespace
}  // namespace rosa::config
