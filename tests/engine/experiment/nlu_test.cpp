// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "engine/experiment/experiment_fixture.h"
#include "experiment/nlu_tasks.h"
#include "rosa/engine.h"
#include "rosa/experiment.h"
#include "support/golden.h"

namespace rosa::experiment {
namespace {

namespace fs = std::filesystem;

/// A tiny BERT on a few rows in RTE's layout.
class NluExperiment : public test::ExperimentTest {
 protected:
  NluExperiment() {
    setenv("ROSA_HOME", (folder_.path() / "home").c_str(), 1);
    const auto tokenizer = test::sourceDirectory() / "resources" / "samples" / "stories260k";
    EXPECT_TRUE(createEngine()->initModel({"bert", "tiny", 1, folder_.path() / "model", tokenizer}));
    fs::create_directories(folder_.path() / "glue" / "RTE");
    for (const char* file : {"train.tsv", "dev.tsv"}) {
      std::ofstream out(folder_.path() / "glue" / "RTE" / file);
      out << "index\tsentence1\tsentence2\tlabel\n";
      for (int row = 0; row < 16; ++row) {
        out << row << "\tA day.\tA " << (row % 2 == 0 ? "sunny" : "rainy") << " day.\t"
            << (row % 2 == 0 ? "entailment" : "not_entailment") << "\n";
      }
    }
  }
  ~NluExperiment() override { unsetenv("ROSA_HOME"); }

  [[nodiscard]] NluRequest request() const {
    NluRequest wanted;
    wanted.destination = destination();
    wanted.model = folder_.path() / "model";
    wanted.data = folder_.path() / "glue";
    wanted.tasks = {"RTE"};
    wanted.methods = {{"rosa", {"method=rosa", "rank=2", "resample-every=never"}}, {"full", {"method=full"}}};
    wanted.settings = {"steps=1", "batch=8", "max-length=32"};
    wanted.seeds = 2;
    wanted.threads = 1;
    return wanted;
  }
};

TEST_F(NluExperiment, TrainsEveryMethodAndSeedAndComparesThem) {
  const auto report = runNluExperiment(request(), {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->parts, 4);
  EXPECT_EQ(report->finished, 4);
  EXPECT_TRUE(fs::exists(report->directory / "raw" / "RTE-full-s1.json"));
  for (const auto& entry : fs::directory_iterator(report->directory)) {
    EXPECT_FALSE(entry.path().filename().string().starts_with("run")) << "run folders are not kept";
  }
  EXPECT_NE(text("README.md").find("| RTE | accuracy | 0."), std::string::npos) << text("README.md");
  EXPECT_NE(text("README.md").find("| rosa - full |"), std::string::npos) << text("README.md");
  EXPECT_NE(text("results.csv").find("RTE,accuracy,rosa,1,0."), std::string::npos) << text("results.csv");
}

TEST_F(NluExperiment, GoesOnWithWhatIsMissing) {
  const auto first = runNluExperiment(request(), {});
  ASSERT_TRUE(first) << first.error().message;
  const auto raw = first->directory / "raw";
  const auto kept = fs::last_write_time(raw / "RTE-rosa-s0.json");
  fs::remove(raw / "RTE-full-s0.json");
  int trained = 0;
  const auto second = runNluExperiment(request(), {[&](const std::string&) { ++trained; }, {}});
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(trained, 1);
  EXPECT_TRUE(fs::exists(raw / "RTE-full-s0.json"));
  EXPECT_EQ(fs::last_write_time(raw / "RTE-rosa-s0.json"), kept);
}

TEST_F(NluExperiment, DiagnosticsAreAskedOfAModelTrainedOnRte) {
  fs::create_directories(folder_.path() / "glue" / "AX-b");
  std::ofstream(folder_.path() / "glue" / "AX-b" / "AX-b.jsonl")
      << R"({"sentence1": "A day.", "sentence2": "A sunny day.", "logic": "x", "label": "entailment", "idx": 0})"
      << "\n"
      << R"({"sentence1": "A day.", "sentence2": "A rainy day.", "logic": "x", "label": "not_entailment", "idx": 1})"
      << "\n";
  auto wanted = request();
  wanted.tasks = {"AX-b"};
  wanted.seeds = 1;
  const auto report = runNluExperiment(wanted, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_NE(text("raw/AX-b-full-s0.json").find("\"training_rows\": 16"), std::string::npos);
  EXPECT_NE(text("README.md").find("| AX-b | matthews |"), std::string::npos) << text("README.md");
}

TEST_F(NluExperiment, AWordThatIsAskedAboutStandsInTheText) {
  const auto wic = folder_.path() / "glue" / "WiC";
  fs::create_directories(wic);
  for (const char* file : {"train.jsonl", "val.jsonl"}) {
    std::ofstream(wic / file) << R"({"word": "bank", "sentence1": "A bank.", "sentence2": "The \"bank\"", "idx": 0, )"
                              << R"("label": false, "start1": 2, "start2": 4, "end1": 6, "end2": 8, "version": 1.1})"
                              << "\n"
                              << R"({"word": "day", "sentence1": "A day.", "sentence2": "Days.", "label": true})"
                              << "\n";
  }
  const auto* task = findNluTask("WiC");
  ASSERT_NE(task, nullptr);
  fs::path train;
  {
    const auto files = NluFiles::of(*task, folder_.path() / "glue");
    ASSERT_TRUE(files) << files.error().message;
    train = files->train();
    std::ifstream in(train);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}),
              "{\"sentence1\":\"bank: A bank.\",\"sentence2\":\"The \\\"bank\\\"\",\"label\":\"false\"}\n"
              "{\"sentence1\":\"day: A day.\",\"sentence2\":\"Days.\",\"label\":\"true\"}\n");
  }
  EXPECT_FALSE(fs::exists(train));

  auto wanted = request();
  wanted.tasks = {"WiC"};
  wanted.seeds = 1;
  const auto report = runNluExperiment(wanted, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_NE(text("README.md").find("| WiC | accuracy |"), std::string::npos) << text("README.md");

  fs::remove(wic / "val.jsonl");
  const auto missing = runNluExperiment(wanted, {});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find((wic / "val.jsonl").string()), std::string::npos) << missing.error().message;
}

TEST_F(NluExperiment, SaysWhatWasCapped) {
  auto wanted = request();
  wanted.rows = 8;
  wanted.seeds = 1;
  const auto report = runNluExperiment(wanted, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_NE(text("raw/RTE-full-s0.json").find("\"training_rows\": 8"), std::string::npos);
  EXPECT_NE(text("README.md").find("at most the first 8 training rows"), std::string::npos) << text("README.md");
  EXPECT_NE(text("README.md").find("| 8 (capped) |"), std::string::npos) << text("README.md");
}

TEST_F(NluExperiment, MistakesOfEveryRunAreToldBeforeTheFirst) {
  const auto refusal = [](const NluRequest& wanted) {
    const auto report = runNluExperiment(wanted, {});
    return report ? std::string() : report.error().message;
  };
  auto wanted = request();
  wanted.tasks = {"RTE", "SQuAD"};
  EXPECT_NE(refusal(wanted).find("\"SQuAD\""), std::string::npos);
  wanted = request();
  wanted.methods[1].settings.emplace_back("lrr=1");
  EXPECT_NE(refusal(wanted).find("lrr"), std::string::npos);
  wanted = request();
  wanted.methods[1].settings.emplace_back("lr=-1");
  EXPECT_NE(refusal(wanted).find("RTE with full: lr"), std::string::npos) << refusal(wanted);
  EXPECT_FALSE(fs::exists(wanted.destination));
}

}  // namespace
}  // namespace rosa::experiment
