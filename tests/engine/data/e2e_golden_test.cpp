// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "data/summary.h"
#include "read_rows.h"
#include "support/golden.h"
#include "temporary_folder.h"

namespace rosa::data {
namespace {

using Json = nlohmann::json;

class E2eGolden : public testing::Test {
 protected:
  void SetUp() override {
    const auto data = test::dataDirectory();
    folder_ = data / "e2e" / "official";
    std::ifstream facts(data / "golden-facts.json");
    if (!facts || !std::filesystem::exists(folder_)) GTEST_SKIP() << folder_ << " or its golden-facts.json is missing";
    facts_ = Json::parse(facts).at("e2e");
  }

  std::filesystem::path folder_;
  Json facts_;
};

TEST_F(E2eGolden, RowsAndMeaningsAreThePublishedOnes) {
  const std::map<std::string, std::string> parts = {
      {"train", "trainset.csv"}, {"dev", "devset.csv"}, {"test", "testset_w_refs.csv"}};
  for (const auto& [part, name] : parts) {
    SCOPED_TRACE(name);
    const ReadFile file = readAll(folder_ / name);
    EXPECT_EQ(file.error, "");
    EXPECT_EQ(file.columns, (std::vector<std::string>{"mr", "ref"}));
    EXPECT_EQ(file.rows.size(), facts_.at(part).at("rows").get<std::size_t>());
    std::set<std::string> meanings;
    std::vector<std::size_t> withLineBreak;
    for (std::size_t i = 0; i < file.rows.size(); ++i) {
      meanings.insert(file.rows[i].cells[0].text);
      if (file.rows[i].cells[1].text.find('\n') != std::string::npos) withLineBreak.push_back(i);
    }
    EXPECT_EQ(meanings.size(), facts_.at(part).at("distinct_mr").get<std::size_t>());
    if (facts_.at(part).contains("embedded_newline_rows")) {
      EXPECT_EQ(Json(withLineBreak), facts_.at(part).at("embedded_newline_rows"));
    }
    if (part == "test") {
      EXPECT_EQ(file.rows[0].cells[0].text, facts_.at("test_first").at("mr").get<std::string>());
      EXPECT_EQ(file.rows[0].cells[1].text, facts_.at("test_first").at("ref").get<std::string>());
    }
  }
}

TEST_F(E2eGolden, TheFolderIsRecognised) {
  const auto summary = summarise(folder_);
  ASSERT_TRUE(summary) << messageOf(summary);
  EXPECT_EQ(summary->rows, facts_.at("train").at("rows").get<std::int64_t>());
  EXPECT_EQ(summary->validationRows, facts_.at("dev").at("rows").get<std::int64_t>());
  EXPECT_EQ(summary->suggestedTask, "completion");
  EXPECT_EQ(summary->suggestedPrompt, "mr");
  EXPECT_EQ(summary->suggestedCompletion, "ref");
}

}  // namespace
}  // namespace rosa::data
