// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/experiment/experiment_fixture.h"
#include "rosa/experiment.h"
#include "support/golden.h"

namespace rosa::experiment {
namespace {

namespace fs = std::filesystem;

/// The sample's tiny Llama on a few rows in the layout of E2E.
class NlgExperiment : public test::ExperimentTest {
 protected:
  NlgExperiment() {
    setenv("ROSA_HOME", (folder_.path() / "home").c_str(), 1);
    fs::create_directories(folder_.path() / "e2e");
    for (const char* file : {"trainset.csv", "devset.csv", "testset_w_refs.csv"}) {
      std::ofstream out(folder_.path() / "e2e" / file);
      out << "mr,ref\n";
      for (int row = 0; row < 16; ++row) out << "name[Inn " << row / 2 << "],Inn " << row / 2 << " is a pub.\n";
    }
  }
  ~NlgExperiment() override { unsetenv("ROSA_HOME"); }

  [[nodiscard]] NlgRequest request() const {
    NlgRequest wanted;
    wanted.destination = destination();
    wanted.model = test::sourceDirectory() / "resources" / "samples" / "stories260k";
    wanted.data = folder_.path() / "e2e";
    wanted.methods = {{"rosa", {"method=rosa", "rank=2", "resample-every=never"}}, {"full", {"method=full"}}};
    wanted.settings = {"steps=2", "batch=8", "eval-every=1steps"};
    wanted.rows = 8;
    wanted.decodedRows = 3;
    wanted.decoding.beams = 2;
    wanted.decoding.maxNewTokens = 8;
    wanted.seeds = 2;
    wanted.threads = 1;
    return wanted;
  }
};

TEST_F(NlgExperiment, TrainsDecodesAndScoresEveryMethodAndSeed) {
  const auto report = runNlgExperiment(request(), {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->parts, 4);
  EXPECT_EQ(report->finished, 4);
  const auto raw = nlohmann::json::parse(text("raw/full-s1.json"));
  EXPECT_EQ(raw.at("training_rows"), 8);
  EXPECT_EQ(raw.at("by_evaluation").size(), 2U);
  EXPECT_EQ(raw.at("examples").size(), 3U) << "of as many prompts as were decoded";
  EXPECT_EQ(raw.at("examples")[1].at("prompt"), "name[Inn 2]");
  for (const char* score : {"bleu", "nist", "meteor", "rouge_l", "cider"})
    EXPECT_TRUE(raw.at("scores").contains(score));
  EXPECT_FALSE(fs::exists(report->directory / "run")) << "run folders are not kept";
  EXPECT_NE(text("README.md").find("3 distinct prompts of the test set"), std::string::npos) << text("README.md");
  EXPECT_NE(text("results.csv").find("full,1,"), std::string::npos) << text("results.csv");
  EXPECT_NE(text("loss.svg").find("rosa"), std::string::npos);
}

TEST_F(NlgExperiment, ComparesTheLossesAloneWhereNothingIsDecoded) {
  auto wanted = request();
  wanted.decodedRows = 0;
  wanted.seeds = 1;
  const auto first = runNlgExperiment(wanted, {});
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_FALSE(nlohmann::json::parse(text("raw/full-s0.json")).contains("scores"));
  EXPECT_EQ(text("README.md").find("BLEU"), std::string::npos) << text("README.md");
  EXPECT_NE(text("README.md").find("## Paired differences to rosa"), std::string::npos) << text("README.md");
  int trained = 0;
  const auto second = runNlgExperiment(wanted, {[&](const std::string&) { ++trained; }, {}});
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(trained, 0) << "everything is there";
}

TEST_F(NlgExperiment, StopsWithoutALeftoverRun) {
  int asked = 0;
  const auto report = runNlgExperiment(request(), {{}, [&] { return ++asked > 1; }});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->finished, 0);
  EXPECT_FALSE(fs::exists(report->directory / "run"));
}

TEST_F(NlgExperiment, MistakesAreToldBeforeTheFirstRun) {
  const auto refusal = [](const NlgRequest& wanted) {
    const auto report = runNlgExperiment(wanted, {});
    return report ? std::string() : report.error().message;
  };
  auto wanted = request();
  wanted.data = folder_.path() / "nowhere";
  EXPECT_NE(refusal(wanted).find("trainset.csv"), std::string::npos) << refusal(wanted);
  wanted = request();
  wanted.methods[1].settings.emplace_back("lr=-1");
  EXPECT_NE(refusal(wanted).find("full: lr"), std::string::npos) << refusal(wanted);
  wanted = request();
  wanted.methods[1].name = "rosa";
  EXPECT_NE(refusal(wanted).find("\"rosa\""), std::string::npos) << refusal(wanted);
  wanted = request();
  wanted.methods[1].name = "a/b";
  EXPECT_NE(refusal(wanted).find("\"a/b\""), std::string::npos) << refusal(wanted);
  wanted = request();
  wanted.decoding.beams = 0;
  EXPECT_NE(refusal(wanted).find("beams"), std::string::npos) << refusal(wanted);
  EXPECT_FALSE(fs::exists(wanted.destination));
}

}  // namespace
}  // namespace rosa::experiment
