// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "rosa/config.h"

namespace rosa {
namespace {

using Settings = std::initializer_list<std::pair<const char*, const char*>>;

RunConfig configured(Settings settings) {
  RunConfig config;
  config.model = "/models/tiny";
  config.data = "/data/train.txt";
  for (const auto& [key, value] : settings) {
    EXPECT_TRUE(setConfigField(config, key, value)) << key;
  }
  return config;
}

std::vector<std::string> idle(Settings settings) {
  std::vector<std::string> keys;
  for (const auto& problem : settingsWithoutEffect(configured(settings))) {
    EXPECT_EQ(problem.message.rfind(problem.key + ": has no effect in this run: ", 0), 0U) << problem.message;
    keys.push_back(problem.key);
  }
  return keys;
}

using Keys = std::vector<std::string>;

TEST(SettingsWithoutEffect, DefaultsAreNeverTold) {
  for (const char* method : {"rosa", "lora", "full", "bitfit", "prompt", "houlsby"}) {
    EXPECT_EQ(idle({{"method", method}}), Keys{}) << method;
  }
  EXPECT_EQ(idle({{"schedule", "constant"}}), Keys{});
  EXPECT_EQ(idle({{"separator", ""}, {"task", "completion"}}), Keys{});
}

TEST(SettingsWithoutEffect, EachIsToldWithTheKeyAndWhatWouldMakeItCount) {
  EXPECT_EQ(idle({{"separator", " -> "}, {"loss-on", "all"}, {"shape", "text"}, {"chat-template", "chatml"}}),
            (Keys{"separator", "chat-template", "loss-on"}));
  EXPECT_EQ(idle({{"shape", "messages"}, {"chat-template", "chatml"}, {"loss-on", "last-assistant"}}), Keys{});
  EXPECT_EQ(idle({{"method", "full"}, {"rank", "4"}, {"layers", "mlp"}, {"train-also", "norm"}}),
            (Keys{"rank", "layers", "train-also"}));
  EXPECT_EQ(idle({{"method", "lora"}, {"resample-every", "5steps"}, {"slice", "top"}, {"basis", "fast"}}),
            (Keys{"resample-every", "slice", "basis"}));
  EXPECT_EQ(idle({{"resample-every", "never"}, {"moment-reset", "all"}, {"rewarm", "3"}}),
            (Keys{"moment-reset", "rewarm"}));
  EXPECT_EQ(idle({{"moment-prune", "0.5"}}), Keys{"moment-prune"});
  EXPECT_EQ(idle({{"batch", "4"}, {"batch-tokens", "1000"}}), Keys{"batch"});
  EXPECT_EQ(idle({{"optimizer", "sgd"}, {"beta1", "0.8"}, {"beta2", "0.9"}, {"epsilon", "1e-6"}}),
            (Keys{"beta1", "beta2", "epsilon"}));
  EXPECT_EQ(idle({{"device", "cpu"}, {"tf32", "yes"}}), Keys{"tf32"});
  EXPECT_EQ(idle({{"valid", "dev.txt"}, {"validation-split", "0.2"}}), Keys{"validation-split"});
  EXPECT_EQ(idle({{"weight-decay", "0"}, {"decay-all", "no"}}), Keys{"decay-all"});
  EXPECT_EQ(idle({{"sample-tokens", "0"}, {"sample-every", "5steps"}, {"sample-prompt", "Once"}}),
            (Keys{"sample-every", "sample-prompt"}));
  EXPECT_EQ(idle({{"task", "completion"}, {"text", "a"}, {"text-pair", "b"}, {"label", "c"}}),
            (Keys{"text", "text-pair", "label"}));
  EXPECT_EQ(idle({{"mask-rate", "0.3"}}), Keys{"mask-rate"});
  EXPECT_EQ(idle({{"task", "masked-lm"},
                  {"mask-rate", "0.3"},
                  {"text", "a"},
                  {"label", "b"},
                  {"train-head", "no"},
                  {"sample-prompt", "Once"}}),
            (Keys{"label", "train-head", "sample-prompt"}));

  const auto told = settingsWithoutEffect(configured({{"moment-prune", "0.5"}}));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].message,
            "moment-prune: has no effect in this run: only moment-reset prune reads it; leave it out, or set "
            "moment-reset to prune");
}

TEST(SettingsWithoutEffect, WhatIsReadIsNotTold) {
  EXPECT_EQ(idle({{"schedule", "constant"}, {"warmup", "10"}}), Keys{}) << "constant has a warm-up here";
  EXPECT_EQ(idle({{"moment-reset", "prune"}, {"moment-prune", "0.5"}}), Keys{});
  EXPECT_EQ(idle({{"resample-every", "never"}, {"resample-plateau", "50steps"}, {"rewarm", "3"}}), Keys{});
  EXPECT_EQ(idle({{"optimizer", "lion"}, {"beta1", "0.8"}}), Keys{});
  EXPECT_EQ(idle({{"valid", "dev.txt"}, {"validation-split", "0"}}), Keys{}) << "that is what the file says too";
}

TEST(SettingsWithoutEffect, TheFormAsksTheSameTable) {
  const RunConfig usual = configured({});
  EXPECT_FALSE(fieldHasEffect(usual, "separator"));
  EXPECT_FALSE(fieldHasEffect(usual, "lora-plus"));
  EXPECT_TRUE(fieldHasEffect(usual, "slice"));
  EXPECT_TRUE(fieldHasEffect(usual, "lr"));
  EXPECT_FALSE(fieldHasEffect(configured({{"basis", "fast"}}), "slice"));
  EXPECT_TRUE(fieldHasEffect(configured({{"method", "lora"}}), "lora-plus"));
}

TEST(SettingsWithoutEffect, LeavingThemOutIsARemedyThatWorks) {
  RunConfig config = configured({{"method", "full"},
                                 {"task", "regression"},
                                 {"label", "y"},
                                 {"loss-on", "all"},
                                 {"rank", "3"},
                                 {"resample-every", "3steps"},
                                 {"eval-every", "never"},
                                 {"best-metric", "pearson"},
                                 {"sample-tokens", "0"},
                                 {"optimizer", "adafactor"},
                                 {"beta1", "0.8"}});
  const auto told = settingsWithoutEffect(config);
  EXPECT_EQ(told.size(), 6U) << joinProblems(told);
  const RunConfig usual;
  for (const auto& setting : told) {
    EXPECT_TRUE(setConfigField(config, setting.key, configFieldText(usual, setting.key))) << setting.key;
  }
  EXPECT_EQ(joinProblems(settingsWithoutEffect(config)), "");
  EXPECT_EQ(joinProblems(checkConfig(config)), "");
}

TEST(SettingsWithoutEffect, OnlyARuleThatWouldQuietlyBeGoneWithoutIsRefused) {
  EXPECT_TRUE(checkConfig(configured({{"moment-prune", "0.5"}, {"separator", ","}})).empty());
  const auto refused = checkConfig(configured({{"schedule-power", "2"}}));
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].message, "schedule-power: only schedule polynomial reads it; leave it out, or choose it");
}

}  // namespace
}  // namespace rosa
