// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/progress_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

namespace rosa::train {
namespace {

using Json = nlohmann::ordered_json;

StoredProgress someProgress() {
  StoredProgress stored;
  stored.baseFingerprint = "abc";
  stored.form = "merged";
  auto& progress = stored.progress;
  progress.step = 40;
  progress.cycle = 2;
  progress.resampledStep = 30;
  progress.elapsedSeconds = 12.5;
  progress.rateFactor = 0.25;
  progress.lastLoss = 0.1;
  progress.bestValue = 3.5;
  progress.bestStep = 20;
  progress.best = {{20, 3.5}, {10, 4}};
  progress.lastMetrics = {{"loss", 1.25}, {"pearson", std::nan("")}};
  progress.smoothedLoss.restore(0.5, 0.9, {{2, 30, 0.75}});
  progress.plateau = {0.5, 35};
  stored.slices = {{"a", 3, 4, 64, {}, true}, {"b", 1, 3, 64, {1, 5, 63}, true}, {"c", 0, 4, 64, {}, false}, {"d"}};
  return stored;
}

Json someJson() {
  return Json::parse(formatProgress(someProgress()));
}

std::string complaint(const Json& json) {
  const auto read = parseProgress(json.dump(), "/run/progress.json");
  EXPECT_FALSE(read) << json.dump();
  return read ? std::string() : read.error().message;
}

TEST(ProgressJsonTest, WhatIsWrittenIsReadBack) {
  const auto stored = someProgress();
  const auto read = parseProgress(formatProgress(stored), "progress.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(formatProgress(*read), formatProgress(stored));
  EXPECT_EQ(read->slices, stored.slices);
  EXPECT_EQ(read->progress.best, stored.progress.best);
  EXPECT_EQ(read->progress.smoothedLoss.value(), stored.progress.smoothedLoss.value());
  EXPECT_TRUE(std::isnan(read->progress.lastMetrics.at(1).second));
}

TEST(ProgressJsonTest, OlderRunsLackSomeOfIt) {
  auto json = someJson();
  for (const char* key : {"resampled_step", "plateau", "best"}) json.erase(key);
  for (auto& slice : json["slices"]) slice = {slice[0], slice[1], slice[2], slice[3]};
  const auto read = parseProgress(json.dump(), "progress.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->progress.best, (std::vector<GoodEvaluation>{{20, 3.5}}));
  EXPECT_TRUE(read->slices.at(1).indices.empty());
}

TEST(ProgressJsonTest, WhatIsMissingIsNamed) {
  for (const char* key : {"base_fingerprint", "form", "last_metrics", "smoothed_loss", "slices"}) {
    auto json = someJson();
    json.erase(key);
    const auto message = complaint(json);
    EXPECT_NE(message.find("/run/progress.json"), std::string::npos) << message;
    EXPECT_NE(message.find(std::string("\"") + key + "\""), std::string::npos) << message;
  }
}

TEST(ProgressJsonTest, EveryValueOfAnotherKindIsRefused) {
  const auto whole = someJson();
  for (const auto& [key, value] : whole.items()) {
    for (const Json& wrong : {Json("text"), Json(true), Json(-7), Json(1.5), Json::array({1}), Json::array({{"x"}}),
                              Json::object(), Json(18446744073709551615ULL)}) {
      if (wrong.is_string() && value.is_string()) continue;
      if (wrong.is_number() && value.is_number_float()) continue;
      if (wrong == Json::object() && key == "plateau") continue;  // an older version's
      auto json = whole;
      json[key] = wrong;
      EXPECT_NE(complaint(json).find("tart the run anew"), std::string::npos) << key << " = " << wrong.dump();
    }
  }
}

TEST(ProgressJsonTest, ShortAndForeignEntriesAreRefused) {
  const auto refused = [](const char* key, const Json& value) {
    auto json = someJson();
    json[key] = value;
    EXPECT_NE(complaint(json).find(key), std::string::npos) << value.dump();
  };
  refused("slices", Json::parse(R"([["a", 0, 4]])"));
  refused("slices", Json::parse(R"([["a", 0, 4, 2]])"));
  refused("slices", Json::parse(R"([["a", 62, 4, 64]])"));
  refused("slices", Json::parse(R"([[7, 0, 4, 64]])"));
  refused("slices", Json::parse(R"([["a", 0, 2, 64, [5, 1], true]])"));
  refused("slices", Json::parse(R"([["a", 0, 2, 64, [1, 64], true]])"));
  refused("slices", Json::parse(R"([["a", 0, 3, 64, [1, 2], true]])"));
  refused("slices", Json::parse(R"([["a", 0, 2, 64, [1, 2], 1]])"));
  refused("best", Json::parse("[[1]]"));
  refused("best", Json::parse("[[41, 2.0]]"));
  refused("last_metrics", Json::parse(R"([["loss"]])"));
  refused("last_metrics", Json::parse("[[1, 2]]"));
  refused("resampled_step", Json(41));
  refused("elapsed_seconds", Json(-1.0));
}

TEST(ProgressJsonTest, WhatIsNoObjectIsRefused) {
  for (const char* text : {"[]", "3", "null", "\"x\"", "", "{"}) {
    EXPECT_FALSE(parseProgress(text, "progress.json")) << text;
  }
}

TEST(ProgressJsonTest, AnotherVersionIsNamedAsSuch) {
  auto json = someJson();
  json["version"] = 2;
  EXPECT_NE(complaint(json).find("another version"), std::string::npos);
}

}  // namespace
}  // namespace rosa::train
