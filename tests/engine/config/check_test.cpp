// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "rosa/config.h"

namespace rosa {
namespace {

RunConfig sound() {
  RunConfig config;
  config.model = "/models/tiny";
  config.data = "/data/train.txt";
  return config;
}

std::vector<std::string> keysOf(const std::vector<ConfigProblem>& problems) {
  std::vector<std::string> keys;
  for (const auto& problem : problems) keys.push_back(problem.key);
  return keys;
}

/// The keys complained about after these settings on top of a sound configuration.
std::vector<std::string> complaints(std::initializer_list<std::pair<const char*, const char*>> settings) {
  RunConfig config = sound();
  for (const auto& [key, value] : settings) {
    const Status status = setConfigField(config, key, value);
    EXPECT_TRUE(status) << key;
  }
  const auto problems = checkConfig(config);
  for (const auto& problem : problems) {
    EXPECT_EQ(problem.message.rfind(problem.key + ": ", 0), 0U) << problem.message;
  }
  return keysOf(problems);
}

using Keys = std::vector<std::string>;

TEST(Check, ASoundConfigurationHasNoProblems) {
  EXPECT_EQ(complaints({}), Keys{});
  EXPECT_EQ(complaints({{"steps", "10"}, {"warmup", "9"}, {"rank", "100%"}, {"dropout", "0"}, {"clip", "0"}}), Keys{});
  EXPECT_EQ(complaints({{"task", "completion"}, {"prompt", "1"}, {"completion", "2"}}), Keys{});
  EXPECT_EQ(complaints({{"task", "regression"}, {"label", "score"}, {"text", "a"}, {"text-pair", "b"}}), Keys{});
  EXPECT_EQ(complaints({{"windows", "0,1;2,3"}, {"optimizer", "sgd"}, {"momentum", "0.9"}}), Keys{});
  for (const char* method : {"full", "bitfit", "prompt", "prefix"}) {
    EXPECT_EQ(complaints({{"method", method}, {"rank", "0"}, {"layers", ""}}), Keys{}) << "unused by " << method;
  }
  EXPECT_EQ(complaints({{"method", "ia3"}, {"rank", "0"}}), Keys{});
  EXPECT_EQ(complaints({{"method", "head"}, {"task", "classification"}, {"label", "1"}}), Keys{});
  for (const char* method : {"prompt", "prefix"}) {
    EXPECT_EQ(complaints({{"method", method}, {"virtual-tokens", "5"}}), Keys{}) << method;
  }
  for (const char* method : {"lora", "dora", "relora"}) {
    EXPECT_EQ(complaints({{"method", method}, {"lora-start", "pissa"}, {"rslora", "yes"}, {"lora-plus", "16"}}), Keys{})
        << method;
  }
}

TEST(Check, ALengthThatIsNoneIsNotComparedWithOthers) {
  EXPECT_EQ(complaints({{"steps", "0"}, {"resample-every", "5steps"}, {"warmup", "4"}}), Keys{"steps"});
  EXPECT_EQ(complaints({{"steps", "0"}, {"schedule", "warmup_stable_decay"}, {"warmup", "4"}, {"schedule-decay", "4"}}),
            Keys{"steps"});
}

TEST(Check, EachContradictionNamesItsKey) {
  for (const auto& [key, value] :
       std::initializer_list<std::pair<const char*, const char*>>{{"validation-split", "1"},
                                                                  {"validation-split", "-0.1"},
                                                                  {"max-length", "0"},
                                                                  {"max-length", "1"},
                                                                  {"max-rows", "-1"},
                                                                  {"rank", "0"},
                                                                  {"rank", "0.0"},
                                                                  {"rank", "110%"},
                                                                  {"alpha", "0"},
                                                                  {"layers", ""},
                                                                  {"resample-every", "0"},
                                                                  {"resample-every", "1.5"},
                                                                  {"windows", "1,x"},
                                                                  {"moment-prune", "0"},
                                                                  {"moment-prune", "1.1"},
                                                                  {"layer-rank", "mlp"},
                                                                  {"layer-rank", "mlp=x"},
                                                                  {"layer-rank", "=4"},
                                                                  {"resample-plateau", "0"},
                                                                  {"rewarm", "-1"},
                                                                  {"lora-plus", "0"},
                                                                  {"virtual-tokens", "5"},
                                                                  {"virtual-tokens", "0"},
                                                                  {"epochs", "0"},
                                                                  {"epochs", "1e9"},
                                                                  {"steps", "0"},
                                                                  {"lr", "0"},
                                                                  {"lr", "-1"},
                                                                  {"lr", "1e9"},
                                                                  {"warmup", "-1"},
                                                                  {"warmup", "1.5"},
                                                                  {"warmup", "100%"},
                                                                  {"weight-decay", "-1"},
                                                                  {"beta1", "1"},
                                                                  {"beta2", "-0.1"},
                                                                  {"epsilon", "0"},
                                                                  {"momentum", "1"},
                                                                  {"clip", "-1"},
                                                                  {"dropout", "1"},
                                                                  {"dropout", "-0.1"},
                                                                  {"batch", "0"},
                                                                  {"batch", "99999999"},
                                                                  {"accumulate", "0"},
                                                                  {"seed", "-1"},
                                                                  {"threads", "-1"},
                                                                  {"eval-every", "0"},
                                                                  {"save-every", "-1epoch"},
                                                                  {"save-minutes", "-1"},
                                                                  {"sample-every", "0"},
                                                                  {"sample-tokens", "-1"},
                                                                  {"keep-checkpoints", "0"},
                                                                  {"schedule-cycles", "0"},
                                                                  {"schedule-power", "-1"},
                                                                  {"schedule-minimum", "1.5"},
                                                                  {"schedule-timescale", "-1"},
                                                                  {"schedule-decay", "101%"},
                                                                  {"schedule-decay", "1.5"},
                                                                  {"label-smoothing", "1"},
                                                                  {"neftune", "-1"},
                                                                  {"ema", "1"},
                                                                  {"ema", "-0.1"},
                                                                  {"early-stopping", "-1"},
                                                                  {"keep-best", "0"},
                                                                  {"best-metric", "accuracy"},
                                                                  {"model", "~/models/x"},
                                                                  {"data", "/a/~/b"},
                                                                  {"adapter", "~/adapter"},
                                                                  {"name", "\xff"}}) {
    const Keys keys = complaints({{key, value}});
    ASSERT_FALSE(keys.empty()) << key << " = " << value;
    for (const auto& found : keys) EXPECT_EQ(found, key) << value;
  }
}

TEST(Check, TheShareOfHiddenTokensIsBetweenNoneAndAll) {
  for (const char* rate : {"0", "1", "-0.1", "1.5"}) {
    EXPECT_EQ(complaints({{"task", "masked-lm"}, {"mask-rate", rate}}), Keys{"mask-rate"}) << rate;
  }
  EXPECT_EQ(complaints({{"task", "masked-lm"}, {"mask-rate", "0.4"}}), Keys{});
}

TEST(Check, SettingsOfRosaThatExcludeEachOtherAreNamed) {
  for (const char* slice : {"window", "uniform", "sweep", "top", "bottom", "sigma", "gradient"}) {
    for (const char* factorise : {"svd_equal", "svd_add", "additive"}) {
      EXPECT_EQ(complaints({{"slice", slice}, {"factorise", factorise}, {"basis", "reference"}}), Keys{});
    }
  }
  EXPECT_EQ(complaints({{"slice", "top"}, {"basis", "fast"}}), Keys{"slice"});
  for (const char* factorise : {"random_add", "random_projection", "random_orthogonal"}) {
    EXPECT_EQ(complaints({{"factorise", factorise}}), Keys{});
    EXPECT_EQ(complaints({{"factorise", factorise}, {"slice", "uniform"}}), Keys{"slice"});
    EXPECT_EQ(complaints({{"factorise", factorise}, {"basis", "reference"}}), Keys{"basis"});
    EXPECT_EQ(complaints({{"factorise", factorise}, {"windows", "1"}}), Keys{"windows"});
  }
  EXPECT_EQ(complaints({{"slice", "top"}, {"windows", "1"}}), Keys{"windows"});
  EXPECT_EQ(complaints({{"adapt", "b"}, {"factorise", "additive"}}), Keys{"adapt"});
  EXPECT_EQ(complaints({{"adapt", "b"}, {"factorise", "random_add"}}), Keys{"adapt"});
  EXPECT_EQ(complaints({{"adapt", "b"}}), Keys{});
  EXPECT_EQ(complaints({{"adapt", "a"}, {"factorise", "additive"}}), Keys{});

  EXPECT_EQ(complaints({{"moment-reset", "rotate"}, {"moment-prune", "0.5"}}), Keys{});
  EXPECT_EQ(complaints({{"moment-reset", "keep-second"}, {"optimizer", "sgd"}}), Keys{"moment-reset"});
  EXPECT_EQ(complaints({{"moment-reset", "rotate"}, {"optimizer", "sgd"}}), Keys{});

  EXPECT_EQ(complaints({{"stagger", "yes"}}), Keys{});
  EXPECT_EQ(complaints({{"stagger", "yes"}, {"resample-every", "never"}}), Keys{"stagger"});
  EXPECT_EQ(complaints({{"stagger", "yes"}, {"resample-plateau", "50"}}), Keys{"stagger"});
  EXPECT_EQ(complaints({{"stagger", "yes"}, {"moment-reset", "all"}}), Keys{"stagger"});
  EXPECT_EQ(complaints({{"stagger", "yes"}, {"rewarm", "5"}}), Keys{"rewarm"});
  EXPECT_EQ(complaints({{"resample-every", "10"}, {"rewarm", "9"}}), Keys{});
  EXPECT_EQ(complaints({{"resample-every", "10"}, {"rewarm", "10"}}), Keys{"rewarm"});
  EXPECT_EQ(complaints({{"resample-every", "never"}, {"resample-plateau", "50"}, {"rewarm", "5"}}), Keys{});
  EXPECT_EQ(complaints({{"steps", "50"}, {"resample-every", "50"}}), Keys{});
  EXPECT_EQ(complaints({{"steps", "50"}, {"resample-every", "51"}}), Keys{"resample-every"});
  EXPECT_EQ(
      complaints({{"method", "lora"}, {"steps", "50"}, {"resample-every", "51"}, {"slice", "top"}, {"basis", "fast"}}),
      Keys{})
      << "unused by lora";
}

TEST(Check, SettingsThatExcludeEachOtherAreNamed) {
  EXPECT_EQ(complaints({{"epochs", "1"}, {"steps", "10"}}), Keys{"steps"});
  EXPECT_EQ(complaints({{"steps", "10"}, {"warmup", "10"}}), Keys{"warmup"});
  EXPECT_EQ(complaints({{"momentum", "0.9"}}), Keys{"momentum"});
  EXPECT_EQ(complaints({{"method", "lora"}, {"windows", "1"}}), Keys{"windows"});
  for (const char* method : {"rosa", "full", "ia3", "galore", "bitfit", "houlsby", "prefix"}) {
    EXPECT_EQ(complaints({{"method", method}, {"lora-start", "pissa"}, {"rslora", "yes"}, {"lora-plus", "4"}}),
              (Keys{"lora-start", "rslora", "lora-plus"}))
        << method;
  }
  for (const char* method : {"houlsby", "pfeiffer"}) {
    EXPECT_EQ(complaints({{"method", method}, {"rank", "0"}}), Keys{"rank"}) << method;
    EXPECT_EQ(complaints({{"method", method}, {"layers", ""}}), Keys{"layers"}) << method;
    EXPECT_EQ(complaints({{"method", method}, {"virtual-tokens", "5"}}), Keys{"virtual-tokens"}) << method;
  }
  EXPECT_EQ(complaints({{"method", "prefix"}, {"virtual-tokens", "0"}}), Keys{"virtual-tokens"});
  EXPECT_EQ(complaints({{"method", "dora"}, {"lora-start", "orthogonal"}, {"rank", "7"}}), Keys{"lora-start"});
  EXPECT_EQ(complaints({{"method", "head"}}), Keys{"method"});
  EXPECT_EQ(complaints({{"method", "head"}, {"task", "classification"}, {"label", "1"}, {"train-head", "no"}}),
            Keys{"train-head"});
  EXPECT_EQ(complaints({{"task", "completion"}}), (Keys{"prompt", "completion"}));
  EXPECT_EQ(complaints({{"task", "completion"}, {"prompt", "a"}, {"completion", "a"}}), Keys{"completion"});
  EXPECT_EQ(complaints({{"task", "classification"}}), Keys{"label"});
  EXPECT_EQ(complaints({{"task", "classification"}, {"text", "a"}, {"label", "a"}}), Keys{"label"});
  EXPECT_EQ(complaints({{"task", "regression"}, {"label", "c"}, {"text", "a"}, {"text-pair", "a"}}), Keys{"text-pair"});
}

TEST(Check, WhatNeedsWeightsInFp32IsNamed) {
  for (const char* method : {"rosa", "lora", "dora", "ia3", "relora", "bitfit", "houlsby", "prompt"}) {
    EXPECT_EQ(complaints({{"method", method}, {"weights", "bf16"}}), Keys{}) << method;
  }
  for (const char* method : {"full", "galore"}) {
    EXPECT_EQ(complaints({{"method", method}, {"weights", "bf16"}}), Keys{"weights"}) << method;
    EXPECT_EQ(complaints({{"method", method}, {"weights", "int8"}}), Keys{"weights"}) << method;
    EXPECT_EQ(complaints({{"method", method}, {"weights", "auto"}}), Keys{}) << method;
  }
  EXPECT_EQ(complaints({{"method", "rosa"}, {"weights", "int8"}}), Keys{});
  EXPECT_EQ(complaints({{"method", "relora"}, {"weights", "int8"}}), Keys{"weights"});
  EXPECT_EQ(complaints({{"form", "merged"}, {"weights", "bf16"}}), Keys{"weights"});
  EXPECT_EQ(complaints({{"ema", "0.9"}, {"weights", "bf16"}}), Keys{"weights"});
  EXPECT_EQ(complaints({{"method", "lora"}, {"ema", "0.9"}, {"weights", "bf16"}}), Keys{});
  EXPECT_EQ(complaints({{"method", "lora"}, {"adapter", "/a"}, {"weights", "bf16"}}), Keys{"weights"});
}

TEST(Check, NoMemoryIsNamed) {
  EXPECT_EQ(complaints({{"memory", "0"}}), Keys{"memory"});
  EXPECT_EQ(complaints({{"memory", "6GB"}}), Keys{});
}

TEST(Check, AKeyThatTheScheduleDoesNotReadIsNamed) {
  const std::vector<std::pair<const char*, const char*>> settings = {
      {"schedule-cycles", "2"},   {"schedule-power", "2"},   {"schedule-minimum", "0.1"}, {"schedule-timescale", "9"},
      {"warmup-shape", "cosine"}, {"schedule-decay", "30%"}, {"decay-shape", "1-sqrt"}};
  const std::vector<std::pair<const char*, Keys>> readBy = {
      {"constant", {}},
      {"linear", {}},
      {"cosine", {}},
      {"cosine_with_restarts", {"schedule-cycles"}},
      {"polynomial", {"schedule-power", "schedule-minimum"}},
      {"inverse_sqrt", {"schedule-timescale"}},
      {"cosine_with_min_lr", {"schedule-minimum"}},
      {"warmup_stable_decay", {"schedule-minimum", "warmup-shape", "schedule-decay", "decay-shape"}}};
  for (const auto& [schedule, read] : readBy) {
    for (const auto& [key, value] : settings) {
      const bool reads = std::ranges::find(read, key) != read.end();
      auto expected = reads ? Keys{} : Keys{key};
      const bool lacksMinimum = std::string(schedule) == "cosine_with_min_lr" && std::string(key) != "schedule-minimum";
      if (lacksMinimum) expected.push_back("schedule-minimum");
      auto found = complaints({{"schedule", schedule}, {key, value}});
      std::ranges::sort(expected);
      std::ranges::sort(found);
      EXPECT_EQ(found, expected) << schedule << ", " << key;
    }
  }
}

TEST(Check, WhatTheOptimizerDoesNotReadIsNamed) {
  for (const char* optimizer : {"adamw", "adam", "adafactor", "lion", "adamw8bit"}) {
    EXPECT_EQ(complaints({{"optimizer", optimizer}, {"momentum", "0.9"}}), Keys{"momentum"}) << optimizer;
  }
  for (const char* optimizer : {"sgd", "muon"}) {
    EXPECT_EQ(complaints({{"optimizer", optimizer}, {"momentum", "0.9"}}), Keys{}) << optimizer;
    EXPECT_EQ(complaints({{"optimizer", optimizer}, {"scale-parameter", "yes"}}), Keys{"scale-parameter"});
  }
  EXPECT_EQ(complaints({{"optimizer", "adafactor"}, {"scale-parameter", "yes"}}), Keys{});
}

TEST(Check, WhatStopsOrMeasuresWithoutAnEvaluationIsNamed) {
  EXPECT_EQ(complaints({{"early-stopping", "3"}}), Keys{});
  EXPECT_EQ(complaints({{"early-stopping", "3"}, {"eval-every", "never"}}), Keys{"early-stopping"});
  EXPECT_EQ(complaints({{"keep-best", "3"}, {"eval-every", "never"}}), Keys{"keep-best"});
  EXPECT_EQ(complaints({{"best-metric", "perplexity"}}), Keys{});
  EXPECT_EQ(complaints({{"task", "classification"}, {"label", "1"}, {"best-metric", "perplexity"}}),
            Keys{"best-metric"});
  EXPECT_EQ(complaints({{"task", "regression"}, {"label", "1"}, {"label-smoothing", "0.1"}}), Keys{"label-smoothing"});
  EXPECT_EQ(
      complaints({{"steps", "100"}, {"warmup", "40"}, {"schedule", "warmup_stable_decay"}, {"schedule-decay", "70"}}),
      Keys{"schedule-decay"});
}

TEST(Check, ListsEverythingAtOnceInTheOrderOfTheSettings) {
  RunConfig config;
  config.keepCheckpoints = 0;
  config.task = Task::Classification;
  config.learningRate = std::numeric_limits<double>::quiet_NaN();
  config.rank = {std::int64_t{-1}};
  config.batch = 0;
  EXPECT_EQ(keysOf(checkConfig(config)), (Keys{"model", "data", "label", "rank", "lr", "batch", "keep-checkpoints"}));
}

TEST(Check, NumbersThatAreNotFiniteAreRefusedEverywhere) {
  for (const double value : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    RunConfig config = sound();
    config.validationSplit = config.learningRate = config.weightDecay = value;
    config.beta1 = config.beta2 = config.epsilon = config.clip = value;
    config.alpha = config.epochs = config.dropout = value;
    config.warmup = {value, std::nullopt};
    config.evalEvery = {Interval::Unit::Epochs, value};
    config.rank = {value};
    EXPECT_EQ(keysOf(checkConfig(config)),
              (Keys{"validation-split", "rank", "alpha", "epochs", "lr", "warmup", "weight-decay", "beta1", "beta2",
                    "epsilon", "clip", "dropout", "eval-every"}));
  }
}

}  // namespace
}  // namespace rosa
