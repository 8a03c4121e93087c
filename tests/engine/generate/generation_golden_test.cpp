// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "engine/model/golden_model.h"
#include "generate/continue_tokens.h"
#include "support/golden.h"

/// What transformers' generate made of the same prompts (golden/README.md, generation), all of a case in one batch.
namespace rosa::generate {
namespace {

using base::Json;
using Ids = std::vector<std::int64_t>;

/// Every model of both files by name; a model's "crossing" (a prompt that outgrows longrope's short factors while it is
/// continued) is one of its own.
const Json& generations() {
  static const Json all = [] {
    auto models = Json::object();
    for (const auto* file : {"generation.json", "generation-new.json"}) {
      const auto json = base::readJsonFile(base::FileSystem::real(), test::goldenDirectory() / "generation" / file);
      if (!json) continue;
      for (const auto& [name, entry] : json->at("models").items()) {
        auto& kept = models[models.contains(name) ? name + "_late" : name] = entry;
        if (!entry.contains("crossing")) continue;
        auto crossing = kept;
        for (const auto& [key, value] : entry.at("crossing").items()) crossing[key] = value;
        models[name + "_crossing"] = crossing;
      }
    }
    return models;
  }();
  return all;
}

using Case = std::pair<std::string, std::string>;  // model, case

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const auto& [model, entry] : generations().items()) {
    for (const auto& [name, values] : entry.at("cases").items()) all.emplace_back(model, name);
  }
  return all;
}

/// Transformers' arguments as settings; empty, and a word said, for one that is not known here.
std::optional<GenerationSettings> settingsOf(const Json& arguments, std::string& unknown) {
  GenerationSettings settings;
  for (const auto& [name, value] : arguments.items()) {
    if (name == "num_beams") {
      settings.beams = value;
    } else if (name == "max_new_tokens") {
      settings.maxNewTokens = value;
    } else if (name == "min_new_tokens") {
      settings.minNewTokens = value;
    } else if (name == "length_penalty") {
      settings.lengthPenalty = value;
    } else if (name == "repetition_penalty") {
      settings.repetitionPenalty = value;
    } else if (name == "no_repeat_ngram_size") {
      settings.noRepeatNgram = value;
    } else if (name == "num_return_sequences") {
      settings.returned = value;
    } else if (name == "early_stopping") {
      settings.earlyStopping = value == "never" ? EarlyStopping::Never
                               : value == true  ? EarlyStopping::Yes
                                                : EarlyStopping::No;
    } else if (name != "eos_token_id") {
      unknown = name;
      return std::nullopt;
    }
  }
  return settings;
}

Ids endTokens(const Json& arguments) {
  if (!arguments.contains("eos_token_id")) return {};
  const auto& ends = arguments.at("eos_token_id");
  return ends.is_array() ? ends.get<Ids>() : Ids{ends.get<std::int64_t>()};
}

/// Models named "shared/models/..." are the trained ones, others lie in the golden folder.
std::filesystem::path modelFolder(const std::string& path) {
  constexpr std::string_view kTrained = "shared/models/";
  if (path.starts_with(kTrained)) return test::modelsDirectory() / path.substr(kTrained.size());
  return test::goldenDirectory() / path;
}

/// The prompts without their pads, which yet count among the n-grams, as in the library.
std::vector<Prompt> promptsOf(const Json& entry) {
  std::vector<Prompt> prompts;
  for (std::size_t row = 0; row < entry.at("input_ids").size(); ++row) {
    auto& prompt = prompts.emplace_back();
    for (std::size_t i = 0; i < entry.at("input_ids")[row].size(); ++i) {
      const bool real = entry.at("attention_mask")[row][i] == 1;
      (real ? prompt.tokens : prompt.unread).push_back(entry.at("input_ids")[row][i].get<std::int64_t>());
    }
  }
  return prompts;
}

/// golden/README.md: 5e-5 in the second file, 2e-5 in the first, which scores whole sequences too.
double logProbabilityLimit(const Json& entry) {
  return entry.at("cases").front().contains("sequences_scores") ? 2e-5 : 5e-5;
}

class Generation : public testing::TestWithParam<Case> {};

TEST_P(Generation, EqualsTransformers) {
  const auto& [modelName, caseName] = GetParam();
  const auto& entry = generations().at(modelName);
  const auto& wanted = entry.at("cases").at(caseName);
  const auto& arguments = wanted.at("arguments");
  Decoding decoding;
  std::string unknown;
  const auto settings = settingsOf(arguments, unknown);
  ASSERT_TRUE(settings) << modelName << " " << caseName << ": " << unknown << " is not known";
  decoding.settings = *settings;
  if (!arguments.contains("max_new_tokens")) decoding.settings.maxNewTokens = entry.at("max_new_tokens");
  decoding.ends = endTokens(arguments);
  decoding.logProbabilities = wanted.contains("token_logprobs");
  decoding.rows = 100;
  decoding.device = test::deviceUnderTest();
  const auto model = test::openModel(modelFolder(entry.at("model").get<std::string>()));
  ASSERT_TRUE(model) << modelName << " " << caseName << ": " << model.error().message;

  std::vector<std::vector<Continuation>> made(entry.at("input_ids").size());
  TokenHooks hooks;
  hooks.finished = [&](std::size_t prompt, std::vector<Continuation> all) { made[prompt] = std::move(all); };
  ASSERT_TRUE(continueTokens(**model, promptsOf(entry), decoding, hooks));

  std::size_t row = 0;  // of the file: all continuations of the first prompt, then those of the next
  for (std::size_t prompt = 0; prompt < made.size(); ++prompt) {
    ASSERT_EQ(std::ssize(made[prompt]), decoding.settings.returned);
    for (const auto& continuation : made[prompt]) {
      SCOPED_TRACE("prompt " + std::to_string(prompt) + ", row " + std::to_string(row));
      auto expected = wanted.at("new_token_ids")[row].get<Ids>();
      const auto& end = wanted.at("ends_at")[row];
      const auto length = end.is_null() ? expected.size() : end.get<std::size_t>();  // with the end token
      expected.resize(end.is_null() ? length : length - 1);
      EXPECT_EQ(continuation.tokens, expected);
      EXPECT_EQ(continuation.ending == Ending::EndToken, !end.is_null());
      if (wanted.contains("sequences_scores")) {
        EXPECT_NEAR(continuation.score, wanted.at("sequences_scores")[row].get<double>(), 2e-5);
      }
      if (decoding.logProbabilities) {
        ASSERT_EQ(continuation.logProbabilities.size(), length);
        for (std::size_t i = 0; i < length; ++i) {
          EXPECT_NEAR(continuation.logProbabilities[i], wanted.at("token_logprobs")[row][i].get<double>(),
                      logProbabilityLimit(entry));
        }
      }
      ++row;
    }
  }
  EXPECT_EQ(row, wanted.at("new_token_ids").size()) << "rows of the file";
}

std::string testName(const testing::TestParamInfo<Case>& info) {
  auto name = info.param.first + "_" + info.param.second;
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Generation);
INSTANTIATE_TEST_SUITE_P(Golden, Generation, testing::ValuesIn(cases()), testName);

TEST(GenerationFile, IsThere) {
  if (cases().empty()) GTEST_SKIP() << "no generation/generation.json in " << test::goldenDirectory();
}

}  // namespace
}  // namespace rosa::generate
