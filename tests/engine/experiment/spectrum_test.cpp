// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "rosa/experiment.h"
#include "support/golden.h"
#include "support/process.h"

namespace rosa::experiment {
namespace {

namespace fs = std::filesystem;

/// The sample project, which is small enough to be trained here.
class SpectrumExperiment : public testing::Test {
 protected:
  SpectrumExperiment() { setenv("ROSA_HOME", (folder_.path() / "home").c_str(), 1); }
  ~SpectrumExperiment() override { unsetenv("ROSA_HOME"); }

  [[nodiscard]] SpectrumRequest request() const {
    const auto samples = test::sourceDirectory() / "resources" / "samples";
    SpectrumRequest wanted;
    wanted.destination = folder_.path() / "experiment";
    wanted.model = samples / "stories260k";
    wanted.data = samples / "e2e" / "train.csv";
    wanted.methods = {{"rosa", {"method=rosa", "rank=1"}}, {"full", {"method=full"}}};
    wanted.settings = {"task=completion", "prompt=mr", "completion=ref", "max-rows=32", "batch=4", "lr=1e-2"};
    wanted.cycles = 3;
    wanted.stepsPerCycle = 2;
    wanted.shownLayers = 1;
    wanted.threads = 1;
    return wanted;
  }
  [[nodiscard]] std::string text(const std::string& file) const {
    std::ifstream in(folder_.path() / "experiment" / file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// Singular values of a method's change of a layer that are more than rounding.
  [[nodiscard]] long rankOfChange(const char* method, const std::string& layer) const {
    const auto raw = nlohmann::json::parse(text(std::string("raw/") + method + ".json"));
    const auto changed = raw.at("layers").at(layer).at("changed").get<std::vector<double>>();
    return std::count_if(changed.begin(), changed.end(), [&](double value) { return value > 1e-4 * changed.front(); });
  }

  test::TemporaryFolder folder_;
};

TEST_F(SpectrumExperiment, TellsTheSpectraAndTheMovesOfEveryLayer) {
  const auto report = runSpectrumExperiment(request(), {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->finished, 2);
  const auto raw = nlohmann::json::parse(text("raw/rosa.json"));
  EXPECT_EQ(raw.at("layers").size(), 35U) << "seven matrices in each of five blocks";
  const std::string layer = "model.layers.0.self_attn.q_proj";
  const auto& measured = raw.at("layers").at(layer);
  EXPECT_EQ(measured.at("moved").size(), 3U);
  EXPECT_GT(measured.at("change").get<double>(), 0);
  // A slice of rank 1 and its first state are at most two directions a cycle.
  EXPECT_LE(rankOfChange("rosa", layer), 6);
  EXPECT_GT(rankOfChange("full", layer), 6);
  EXPECT_FALSE(fs::exists(report->directory / "run"));
  EXPECT_NE(text("README.md").find("moves-" + layer + ".svg"), std::string::npos) << text("README.md");
  EXPECT_NE(text("spectrum-" + layer + ".svg").find("</svg>"), std::string::npos);
  EXPECT_NE(text("spectrum.csv").find(layer + ",before,1,"), std::string::npos);
  EXPECT_NE(text("moves.csv").find(layer + ",rosa,3,64,"), std::string::npos);
}

TEST_F(SpectrumExperiment, MistakesAreToldBeforeTheFirstRun) {
  const auto refusal = [](const SpectrumRequest& wanted) {
    const auto report = runSpectrumExperiment(wanted, {});
    return report ? std::string() : report.error().message;
  };
  auto wanted = request();
  wanted.settings.emplace_back("epochs=2");
  EXPECT_NE(refusal(wanted).find("cycles"), std::string::npos) << refusal(wanted);
  wanted = request();
  wanted.methods[0].settings.emplace_back("method=bitfit");
  EXPECT_NE(refusal(wanted).find("rosa leaves the weights"), std::string::npos) << refusal(wanted);
  wanted = request();
  wanted.cycles = 1;
  EXPECT_NE(refusal(wanted).find("cycles"), std::string::npos) << refusal(wanted);
  wanted = request();
  wanted.methods[0].settings.emplace_back("rank=65");
  EXPECT_NE(refusal(wanted).find("65"), std::string::npos) << refusal(wanted);
  EXPECT_FALSE(fs::exists(wanted.destination));
}

}  // namespace
}  // namespace rosa::experiment
