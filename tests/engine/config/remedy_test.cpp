// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "rosa/config.h"

namespace rosa {
namespace {

using Remedy = std::vector<std::pair<std::string, std::string>>;

/// A refusal, words of its sentence that name the way out, and that way.
struct Refusal {
  Remedy wrong;
  std::string key;
  std::string words;
  Remedy remedy;
};

std::string apply(const Remedy& settings, RunConfig& config) {
  std::string refused;
  for (const auto& [key, value] : settings) {
    const RunConfig usual;
    // "-" stands for leaving it out.
    if (key == "separator" && value == "-") {
      config.separator.reset();
      continue;
    }
    const auto text = value == "-" ? configFieldText(usual, key) : value;
    if (const auto status = setConfigField(config, key, text); !status) refused += status.error().message + "\n";
  }
  return refused;
}

RunConfig soundRun() {
  RunConfig config;
  config.model = "/models/tiny";
  config.data = "/data/train.txt";
  return config;
}

class EachRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(EachRefusal, NamesARemedyThatWorks) {
  const auto& [wrong, key, words, remedy] = GetParam();
  auto config = soundRun();
  ASSERT_EQ(apply(wrong, config), "");
  const auto problems = checkConfig(config);
  ASSERT_EQ(problems.size(), 1U) << joinProblems(problems);
  EXPECT_EQ(problems[0].key, key);
  EXPECT_NE(problems[0].message.find(words), std::string::npos) << "no '" << words << "' in: " << problems[0].message;
  EXPECT_EQ(apply(remedy, config), "");
  EXPECT_EQ(joinProblems(checkConfig(config)), "");
}

INSTANTIATE_TEST_SUITE_P(
    Configuration, EachRefusal,
    testing::Values(
        Refusal{{{"model", ""}}, "model", "name the Hugging Face folder", {{"model", "/m"}}},
        Refusal{{{"data", ""}}, "data", "name the file or folder", {{"data", "/d"}}},
        Refusal{{{"data", "~/d.csv"}}, "data", "write the whole path", {{"data", "/home/me/d.csv"}}},
        Refusal{{{"max-length", "1"}}, "max-length", "write 2 or more", {{"max-length", "2"}}},
        Refusal{{{"max-length", "0"}}, "max-length", "write 1 or more", {{"max-length", "2"}}},
        Refusal{{{"task", "completion"}, {"completion", "b"}}, "prompt", "the prompt's column", {{"prompt", "a"}}},
        Refusal{{{"task", "completion"}, {"prompt", "a"}, {"completion", "a"}},
                "completion",
                "name the one that holds the answer",
                {{"completion", "b"}}},
        Refusal{{{"task", "masked-lm"}, {"mask-rate", "15"}}, "mask-rate", "such as 0.15", {{"mask-rate", "0.15"}}},
        Refusal{{{"task", "regression"}}, "label", "needs the label's column", {{"label", "y"}}},
        Refusal{{{"task", "classification"}, {"label", "x"}, {"text", "x"}},
                "label",
                "name the one that holds the label",
                {{"label", "y"}}},
        Refusal{{{"task", "classification"}, {"label", "y"}, {"text", "x"}, {"text-pair", "x"}},
                "text-pair",
                "or leave it out",
                {{"text-pair", "-"}}},
        Refusal{{{"validation-split", "1"}}, "validation-split", "such as 0.05", {{"validation-split", "0.05"}}},
        Refusal{{{"resample-every", "0"}},
                "resample-every",
                "write 200steps, 1epoch or never",
                {{"resample-every", "200steps"}}},
        Refusal{{{"eval-every", "1.5steps"}},
                "eval-every",
                "a whole number of steps, or epochs",
                {{"eval-every", "1.5epochs"}}},
        Refusal{{{"rank", "0"}}, "rank", "such as 8", {{"rank", "8"}}},
        Refusal{{{"rank", "110%"}}, "rank", "at most 1.0, or a whole number such as 8", {{"rank", "1.0"}}},
        Refusal{{{"method", "lora"}, {"rank", "3"}, {"lora-start", "orthogonal"}},
                "lora-start",
                "write an even rank",
                {{"rank", "4"}}},
        Refusal{{{"method", "lora"}, {"rank", "3"}, {"lora-start", "orthogonal"}},
                "lora-start",
                "or another start",
                {{"lora-start", "pissa"}}},
        Refusal{{{"layers", ""}}, "layers", "write all, attention, mlp", {{"layers", "attention"}}},
        Refusal{{{"lora-plus", "16"}}, "lora-plus", "leave it out", {{"lora-plus", "-"}}},
        Refusal{{{"method", "lora"}, {"lora-plus", "0"}}, "lora-plus", "such as 16", {{"lora-plus", "16"}}},
        Refusal{{{"rslora", "yes"}}, "rslora", "only methods lora, dora and relora", {{"method", "lora"}}},
        Refusal{{{"virtual-tokens", "5"}}, "virtual-tokens", "only methods prompt and prefix", {{"method", "prompt"}}},
        Refusal{{{"method", "head"}}, "method", "choose another method", {{"method", "lora"}}},
        Refusal{{{"method", "head"}, {"task", "classification"}, {"label", "y"}, {"train-head", "no"}},
                "train-head",
                "write yes",
                {{"train-head", "yes"}}},
        Refusal{{{"alpha", "0"}}, "alpha", "leave it out", {{"alpha", "-"}}},
        Refusal{{{"epochs", "2"}, {"steps", "10"}}, "steps", "leave out either", {{"epochs", "-"}}},
        Refusal{{{"epochs", "2"}, {"steps", "10"}}, "steps", "leave out either", {{"steps", "-"}}},
        Refusal{{{"epochs", "0"}}, "epochs", "such as 3 or 0.5", {{"epochs", "0.5"}}},
        Refusal{{{"warmup", "100%"}}, "warmup", "such as 6%", {{"warmup", "6%"}}},
        Refusal{{{"warmup", "1.5"}}, "warmup", "such as 100, or 6%", {{"warmup", "100"}}},
        Refusal{{{"steps", "10"}, {"warmup", "10"}},
                "warmup",
                "a smaller number, or a share such as 6%",
                {{"warmup", "6%"}}},
        Refusal{{{"lr", "0"}}, "lr", "such as 1e-3", {{"lr", "1e-3"}}},
        Refusal{{{"beta1", "1"}}, "beta1", "from 0 to below 1", {{"beta1", "0.9"}}},
        Refusal{{{"epsilon", "0"}}, "epsilon", "such as 1e-8", {{"epsilon", "1e-8"}}},
        Refusal{{{"momentum", "0.9"}}, "momentum", "or set beta1 for adamw", {{"momentum", "-"}, {"beta1", "0.95"}}},
        Refusal{{{"momentum", "0.9"}}, "momentum", "only optimizers sgd and muon", {{"optimizer", "sgd"}}},
        Refusal{{{"schedule-cycles", "2"}}, "schedule-cycles", "choose it", {{"schedule", "cosine_with_restarts"}}},
        Refusal{{{"schedule-power", "2"}}, "schedule-power", "choose it", {{"schedule", "polynomial"}}},
        Refusal{{{"schedule-minimum", "0.1"}},
                "schedule-minimum",
                "choose one of them",
                {{"schedule", "cosine_with_min_lr"}}},
        Refusal{{{"schedule", "cosine_with_min_lr"}}, "schedule-minimum", "such as 0.1", {{"schedule-minimum", "0.1"}}},
        Refusal{{{"schedule-timescale", "5"}}, "schedule-timescale", "choose it", {{"schedule", "inverse_sqrt"}}},
        Refusal{{{"decay-shape", "linear"}}, "decay-shape", "choose it", {{"schedule", "warmup_stable_decay"}}},
        Refusal{{{"schedule", "warmup_stable_decay"}, {"schedule-decay", "1.5"}},
                "schedule-decay",
                "such as 100, or 20%",
                {{"schedule-decay", "20%"}}},
        Refusal{{{"schedule", "warmup_stable_decay"}, {"steps", "10"}, {"warmup", "6"}, {"schedule-decay", "6"}},
                "schedule-decay",
                "write smaller numbers",
                {{"schedule-decay", "4"}}},
        Refusal{{{"task", "regression"}, {"label", "y"}, {"label-smoothing", "0.1"}},
                "label-smoothing",
                "leave it out",
                {{"label-smoothing", "-"}}},
        Refusal{{{"best-metric", "accuracy"}},
                "best-metric",
                "choose one of loss, perplexity",
                {{"best-metric", "perplexity"}}},
        Refusal{{{"eval-every", "never"}, {"early-stopping", "2"}},
                "early-stopping",
                "set eval-every",
                {{"eval-every", "1epoch"}}},
        Refusal{{{"eval-every", "never"}, {"keep-best", "2"}}, "keep-best", "leave it out", {{"keep-best", "-"}}},
        Refusal{{{"method", "lora"}, {"windows", "0,1"}}, "windows", "leave it out", {{"windows", "-"}}},
        Refusal{{{"windows", "0,1"}, {"basis", "fast"}}, "windows", "choose basis exact", {{"basis", "exact"}}},
        Refusal{{{"windows", "0,1"}, {"slice", "top"}}, "windows", "leave one of them out", {{"slice", "-"}}},
        Refusal{{{"windows", "0,1;2"}}, "windows", "write one number a layer", {{"windows", "0,1;2,3"}}},
        Refusal{{{"slice", "top"}, {"basis", "fast"}}, "slice", "leave it out", {{"slice", "-"}}},
        Refusal{{{"factorise", "random_add"}, {"basis", "fast"}}, "basis", "leave it out", {{"basis", "-"}}},
        Refusal{{{"factorise", "additive"}, {"adapt", "b"}}, "adapt", "choose a or ab", {{"adapt", "ab"}}},
        Refusal{{{"moment-prune", "0"}}, "moment-prune", "above 0 and at most 1", {{"moment-prune", "1"}}},
        Refusal{{{"optimizer", "adamw8bit"}, {"moment-reset", "rotate"}},
                "moment-reset",
                "choose resampled",
                {{"moment-reset", "resampled"}}},
        Refusal{{{"optimizer", "adamw8bit"}, {"moment-reset", "rotate"}},
                "moment-reset",
                "or another optimizer",
                {{"optimizer", "adamw"}}},
        Refusal{{{"stagger", "yes"}, {"resample-every", "never"}},
                "stagger",
                "set resample-every",
                {{"resample-every", "1epoch"}}},
        Refusal{{{"stagger", "yes"}, {"resample-plateau", "5steps"}},
                "stagger",
                "leave out stagger or resample-plateau",
                {{"resample-plateau", "never"}}},
        Refusal{{{"stagger", "yes"}, {"moment-reset", "all"}},
                "stagger",
                "choose another moment-reset",
                {{"moment-reset", "resampled"}}},
        Refusal{{{"stagger", "yes"}, {"rewarm", "5"}}, "rewarm", "leave out stagger or rewarm", {{"stagger", "no"}}},
        Refusal{{{"resample-every", "10steps"}, {"rewarm", "10"}}, "rewarm", "write fewer", {{"rewarm", "9"}}},
        Refusal{{{"resample-every", "10steps"}, {"steps", "5"}},
                "resample-every",
                "a shorter interval, or never",
                {{"resample-every", "never"}}},
        Refusal{{{"layer-rank", "mlp"}}, "layer-rank", "write mlp=4", {{"layer-rank", ""}, {"layer-rank", "mlp=4"}}},
        Refusal{{{"layer-rank", "mlp"}},
                "layer-rank",
                "or attn.c_proj=10%",
                {{"layer-rank", ""}, {"layer-rank", "attn.c_proj=10%"}}}));

/// The same of what cannot even be read.
struct Unreadable {
  const char* key;
  const char* value;
  const char* words;
  const char* remedy;
};

class EachUnreadable : public testing::TestWithParam<Unreadable> {};

TEST_P(EachUnreadable, NamesARemedyThatWorks) {
  const auto& [key, value, words, remedy] = GetParam();
  auto config = soundRun();
  const auto status = setConfigField(config, key, value);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find(words), std::string::npos) << status.error().message;
  const auto mended = setConfigField(config, key, remedy);
  EXPECT_TRUE(mended) << mended.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Configuration, EachUnreadable,
    testing::Values(Unreadable{"shuffle", "maybe", "neither yes nor no", "yes"},
                    Unreadable{"lr", "0,001", "decimals are written with a point", "0.001"},
                    Unreadable{"lr", "fast", "such as 0.5 or 1e-3", "1e-3"},
                    Unreadable{"batch", "4.5", "a whole number", "4"},
                    Unreadable{"rank", "many", "a number such as 8", "8"}, Unreadable{"rank", "many", "or 10%", "10%"},
                    Unreadable{"eval-every", "often", "200steps, 1epoch, 0.5epochs or never", "0.5epochs"},
                    Unreadable{"warmup", "some", "such as 100, or a share such as 6%", "6%"},
                    Unreadable{"method", "roza", "choose one of rosa", "rosa"}));

}  // namespace
}  // namespace rosa
