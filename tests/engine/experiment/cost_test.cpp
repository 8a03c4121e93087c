// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/json.h"
#include "engine/experiment/experiment_fixture.h"
#include "experiment/cost_measure.h"
#include "rosa/experiment.h"

namespace rosa::experiment {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kFloat = 4;

class CostExperiment : public test::ExperimentTest {
 protected:
  [[nodiscard]] CostRequest request() const {
    CostRequest wanted;
    wanted.destination = destination();
    wanted.preset = "tiny";
    wanted.batch = 2;
    wanted.length = 16;
    wanted.ranks = {2, 4};
    wanted.inferenceRanks = {2};
    wanted.shapes = {{32, 48}};
    wanted.rounds = 1;
    wanted.threads = 1;
    return wanted;
  }
};

TEST_F(CostExperiment, MeasuresTrainingResamplesAndInference) {
  const auto report = runCostExperiment(request(), {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->finished, report->parts);
  EXPECT_TRUE(fs::exists(report->directory / "raw" / "training-rosa-r4-1.json"));
  const auto page = text("README.md");
  for (const char* row :
       {"\n| full |", "\n| rosa | 4 |", "\n| lora | 2 |", "\n| 32 x 48 |", "\n| merged |", "\n| lora-beside | 2 |"}) {
    EXPECT_NE(page.find(row), std::string::npos) << row << " is missing in\n" << page;
  }
  EXPECT_NE(text("memory.svg").find("<svg"), std::string::npos);
  EXPECT_NE(text("step.svg").find("<svg"), std::string::npos);
  EXPECT_NE(text("training.csv").find("\nrosa,4,"), std::string::npos) << text("training.csv");
  EXPECT_NE(text("resample.csv").find("\n32 x 48,fast,"), std::string::npos) << text("resample.csv");
  EXPECT_NE(text("inference.csv").find("\nlora-beside,2,"), std::string::npos) << text("inference.csv");
}

TEST_F(CostExperiment, GoesOnWithWhatIsMissing) {
  const auto first = runCostExperiment(request(), {});
  ASSERT_TRUE(first) << first.error().message;
  fs::remove(first->directory / "raw" / "training-lora-r2-1.json");
  std::string measured;
  const auto second = runCostExperiment(request(), {[&](const std::string& line) { measured += line + ";"; }, {}});
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(measured, "training-lora-r2-1;");
  EXPECT_EQ(second->finished, second->parts);
}

TEST_F(CostExperiment, StopsBetweenTwoParts) {
  int asked = 0;
  const auto report = runCostExperiment(request(), {{}, [&] { return ++asked > 2; }});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->finished, 2);
  EXPECT_NE(text("README.md").find("| full |"), std::string::npos);
}

TEST_F(CostExperiment, MistakesAreToldBeforeTheFirstPart) {
  const auto refusal = [](const CostRequest& wanted) {
    const auto report = runCostExperiment(wanted, {});
    return report ? std::string() : report.error().message;
  };
  auto wanted = request();
  wanted.ranks = {2, 65};
  EXPECT_NE(refusal(wanted).find("The rank 65 does not fit: the smallest side of a layer is 64"), std::string::npos)
      << refusal(wanted);
  wanted = request();
  wanted.preset = "huge";
  EXPECT_NE(refusal(wanted).find("gpt2 huge"), std::string::npos) << refusal(wanted);
  wanted = request();
  wanted.arch = "bert";
  EXPECT_NE(refusal(wanted).find("bert"), std::string::npos) << refusal(wanted);
  wanted = request();
  wanted.length = 128;  // all positions, so that no next token fits
  EXPECT_NE(refusal(wanted).find("128"), std::string::npos) << refusal(wanted);
  EXPECT_FALSE(fs::exists(wanted.destination));
}

/// GPT-2 tiny: two blocks of four layers at width 64.
TEST_F(CostExperiment, CountsTheBytesOfEachPart) {
  constexpr std::int64_t kSides = 2 * ((64 + 192) + (64 + 64) + (64 + 256) + (256 + 64));
  const auto rosa = measureTraining(request(), {"method=rosa", "rank=2"});
  ASSERT_TRUE(rosa) << rosa.error().message;
  EXPECT_EQ(rosa->at("trainable"), 2 * kSides);
  // The arena pads what lies in it, by less than a cache line each.
  for (const char* part : {"adapters", "gradients"}) {
    EXPECT_GE(rosa->at(part).get<std::int64_t>(), 2 * kSides * kFloat) << part;
    EXPECT_LE(rosa->at(part).get<std::int64_t>(), 2 * kSides * kFloat + 16 * 64) << part;
  }
  EXPECT_EQ(rosa->at("moments").get<std::int64_t>(), 2 * rosa->at("gradients").get<std::int64_t>());
  EXPECT_GT(rosa->at("resample_seconds").get<double>(), 0);

  const auto full = measureTraining(request(), {"method=full"});
  ASSERT_TRUE(full) << full.error().message;
  EXPECT_EQ(full->at("weights"), rosa->at("weights"));
  EXPECT_EQ(full->at("adapters"), 0);
  EXPECT_GE(full->at("gradients").get<std::int64_t>(), full->at("weights").get<std::int64_t>());
  EXPECT_EQ(full->at("resample_seconds"), 0);
}

/// More tokens, more activations; nothing else grows, and nothing of an earlier measurement is left in the next.
TEST_F(CostExperiment, ActivationsAreThoseOfTheStep) {
  const auto activations = [](const CostRequest& wanted) {
    const auto measured = measureTraining(wanted, {"method=lora", "rank=2"});
    return measured ? measured->at("activations").get<std::int64_t>() : -1;
  };
  auto longer = request();
  longer.length = 64;
  const auto few = activations(request());
  const auto many = activations(longer);
  EXPECT_GT(few, 0);
  EXPECT_GT(many, 2 * few);
  EXPECT_EQ(activations(request()), few);
}

}  // namespace
}  // namespace rosa::experiment
