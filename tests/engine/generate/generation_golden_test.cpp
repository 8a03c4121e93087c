// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "engine/model/golden_model.h"
#include "generate/generate.h"
#include "support/golden.h"

/// What transformers' generate made of the same prompts (golden/README.md, generation): the greedy cases. Beams and the
/// penalties on repetition are skipped by name until they are built.
namespace rosa::generate {
namespace {

using base::Json;
using Ids = std::vector<std::int64_t>;

const Json& generations() {
  static const Json all = [] {
    auto json =
        base::readJsonFile(base::FileSystem::real(), test::goldenDirectory() / "generation" / "generation.json");
    return json ? *std::move(json) : Json{{"models", Json::object()}};
  }();
  return all;
}

using Case = std::pair<std::string, std::string>;  // model, case

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const auto& [model, entry] : generations().at("models").items()) {
    for (const auto& [name, values] : entry.at("cases").items()) all.emplace_back(model, name);
  }
  return all;
}

/// The first argument of transformers' generate that is not built; empty if all are.
std::string unbuiltArgument(const Json& arguments) {
  static const std::set<std::string> kBuilt = {"num_beams", "eos_token_id", "max_new_tokens"};
  if (arguments.at("num_beams") != 1) return "num_beams " + arguments.at("num_beams").dump();
  for (const auto& [name, value] : arguments.items()) {
    if (!kBuilt.contains(name)) return name;
  }
  return {};
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

class Generation : public testing::TestWithParam<Case> {};

TEST_P(Generation, EqualsTransformers) {
  const auto& [modelName, caseName] = GetParam();
  const auto& entry = generations().at("models").at(modelName);
  const auto& wanted = entry.at("cases").at(caseName);
  const auto& arguments = wanted.at("arguments");
  if (const auto unbuilt = unbuiltArgument(arguments); !unbuilt.empty()) {
    GTEST_SKIP() << modelName << " " << caseName << ": " << unbuilt << " is not built";
  }
  const auto model = test::openModel(modelFolder(entry.at("model").get<std::string>()));
  if (!model) GTEST_SKIP() << modelName << " " << caseName << ": " << model.error().message;

  const auto ends = endTokens(arguments);
  Settings settings;
  settings.maxNewTokens = arguments.value("max_new_tokens", entry.at("max_new_tokens").get<std::int64_t>());
  const auto& prompts = entry.at("input_ids");
  for (std::size_t row = 0; row < prompts.size(); ++row) {
    Ids prompt;
    for (std::size_t i = 0; i < prompts[row].size(); ++i) {
      if (entry.at("attention_mask")[row][i] == 1) prompt.push_back(prompts[row][i].get<std::int64_t>());
    }
    auto expected = wanted.at("new_token_ids")[row].get<Ids>();
    if (const auto& end = wanted.at("ends_at")[row]; !end.is_null()) expected.resize(end.get<std::size_t>() - 1);
    EXPECT_EQ(continueTokens(**model, prompt, ends, settings, c10::DeviceType::CPU), expected) << "prompt " << row;
  }
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
