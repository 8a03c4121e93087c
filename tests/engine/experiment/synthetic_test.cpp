// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "engine/experiment/experiment_fixture.h"
#include "experiment/synthetic_task.h"
#include "rosa/experiment.h"

namespace rosa::experiment {
namespace {

namespace fs = std::filesystem;

SyntheticSettings small() {
  SyntheticSettings settings;
  settings.in = 16;
  settings.hidden = 12;
  settings.out = 8;
  settings.trueRank = 4;
  settings.trainRows = 256;
  settings.validRows = 100;
  settings.epochs = 30;
  settings.batch = 32;
  settings.learningRate = 2e-2;
  settings.resampleEvery = 6;
  return settings;
}

TEST(SyntheticTask, EveryMethodLearnsOnEveryNetworkAndStartsAtTheSameError) {
  for (const std::int64_t layers : {1, 2, 3}) {
    auto settings = small();
    settings.layers = layers;
    const auto task = drawTask(settings);
    double first = 0;
    for (const auto& method :
         {SyntheticMethod{Method::Rosa, 2}, SyntheticMethod{Method::Lora, 2}, SyntheticMethod{Method::Full, 0}}) {
      const auto curve = learn(task, settings, method);
      ASSERT_TRUE(curve) << curve.error().message;
      ASSERT_EQ(curve->validation.size(), 30U);
      EXPECT_LT(curve->finalValidation, 0.8 * curve->validation.front()) << nameOf(method) << ", " << layers;
      if (first == 0) first = curve->validation.front();
      EXPECT_NEAR(curve->validation.front(), first, 0.1 * first) << "one step from the same start";
    }
  }
}

TEST(SyntheticTask, OnlyRosaPassesTheBestOfItsRank) {
  const auto settings = small();
  const auto task = drawTask(settings);
  const auto truth = at::linalg_lstsq(task.trainInputs, task.trainTargets);
  const double bound = bestOfRank(task.weights[0], std::get<0>(truth), 1);
  const auto lora = learn(task, settings, {Method::Lora, 1});
  auto longer = settings;
  longer.epochs = 90;
  const auto rosa = learn(task, longer, {Method::Rosa, 1});
  ASSERT_TRUE(lora && rosa);
  EXPECT_GT(lora->finalValidation, 0.7 * bound) << "sampling noise apart";
  EXPECT_LT(rosa->finalValidation, 0.5 * bound);
  EXPECT_EQ(rosa->resampledAt.front(), 6);
}

TEST(SyntheticTask, IsTheSameEachTime) {
  const auto settings = small();
  const auto one = learn(drawTask(settings), settings, {Method::Rosa, 2});
  const auto two = learn(drawTask(settings), settings, {Method::Rosa, 2});
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->validation, two->validation);
}

class SyntheticExperiment : public test::ExperimentTest {
 protected:
  [[nodiscard]] SyntheticRequest request() const {
    SyntheticRequest wanted;
    wanted.destination = destination();
    wanted.networks = {"linear"};
    wanted.ranks = {4};
    wanted.intervals = {1};
    wanted.epochs = 2;
    wanted.instances = 3;
    return wanted;
  }
};

TEST_F(SyntheticExperiment, WritesSettingsRawFiguresTablesAndPlots) {
  const auto report = runSyntheticExperiment(request(), {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->parts, 4);
  EXPECT_EQ(report->finished, 4);
  EXPECT_NE(text("README.md").find("| rosa r=4 |"), std::string::npos) << text("README.md");
  EXPECT_NE(text("README.md").find("| additive |"), std::string::npos);
  EXPECT_NE(text("curves.csv").find("linear,full,0,0,1,"), std::string::npos);
  EXPECT_TRUE(text("linear.svg").starts_with("<svg"));
  EXPECT_TRUE(fs::exists(report->directory / "raw" / "linear-rosa-r4-every1-s0.json"));
}

TEST_F(SyntheticExperiment, GoesOnWithWhatIsMissing) {
  int asked = 0;
  const auto first = runSyntheticExperiment(request(), {{}, [&] { return ++asked > 3; }});
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_LT(first->finished, first->parts);
  const auto kept = fs::last_write_time(first->directory / "raw" / "theorem.json");
  const auto second = runSyntheticExperiment(request(), {});
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->finished, second->parts);
  EXPECT_EQ(fs::last_write_time(first->directory / "raw" / "theorem.json"), kept);
}

TEST_F(SyntheticExperiment, MoreSeedsAddToWhatIsThere) {
  auto wanted = request();
  ASSERT_TRUE(runSyntheticExperiment(wanted, {}));
  EXPECT_NE(text("README.md").find("| lora r=4 | 2176 |"), std::string::npos) << text("README.md");
  const auto kept = fs::last_write_time(destination() / "raw" / "linear-full-s0.json");
  wanted.seeds = 2;
  const auto report = runSyntheticExperiment(wanted, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->finished, 7);
  EXPECT_EQ(fs::last_write_time(destination() / "raw" / "linear-full-s0.json"), kept);
  EXPECT_NE(text("README.md").find("| 2 |\n"), std::string::npos) << text("README.md");
}

TEST_F(SyntheticExperiment, MistakesAreToldAndMakeNothing) {
  const auto refusal = [](const SyntheticRequest& wanted) {
    const auto report = runSyntheticExperiment(wanted, {});
    return report ? std::string() : report.error().message;
  };
  auto wanted = request();
  wanted.ranks = {33};
  EXPECT_NE(refusal(wanted).find("rank 33"), std::string::npos);
  wanted = request();
  wanted.networks = {"cnn"};
  EXPECT_NE(refusal(wanted).find("\"cnn\""), std::string::npos);
  wanted = request();
  wanted.intervals = {2};
  EXPECT_NE(refusal(wanted).find("never comes"), std::string::npos);
  EXPECT_FALSE(fs::exists(request().destination));

  ASSERT_EQ(refusal(request()), "");
  wanted = request();
  wanted.epochs = 3;
  EXPECT_NE(refusal(wanted).find("other settings"), std::string::npos);
}

}  // namespace
}  // namespace rosa::experiment
