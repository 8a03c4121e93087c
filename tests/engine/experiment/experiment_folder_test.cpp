// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/experiment_folder.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "support/process.h"

namespace rosa::experiment {
namespace {

using base::Json;

class ExperimentFolderTest : public testing::Test {
 protected:
  static Json settings() {
    return {{"experiment", "nlu"},
            {"tasks", {"CoLA", "RTE"}},
            {"seeds", 2},
            {"methods", {{"rosa", {"lr=1e-3"}}, {"full", {"lr=1e-4"}}}}};
  }
  [[nodiscard]] bool opens(const Json& config) const { return ExperimentFolder::open(path(), config).hasValue(); }
  [[nodiscard]] Json stored() const { return *base::readJsonFile(base::FileSystem::real(), path() / "config.json"); }
  [[nodiscard]] std::filesystem::path path() const { return place_.path() / "experiment"; }

  test::TemporaryFolder place_;
};

TEST_F(ExperimentFolderTest, GrowsByMethodsTasksAndSeeds) {
  ASSERT_TRUE(opens(settings()));
  auto wanted = settings();
  wanted["methods"]["lora"] = {"lr=2e-3"};
  ASSERT_TRUE(opens(wanted));
  EXPECT_EQ(stored(), wanted);
  EXPECT_FALSE(opens(settings())) << "the page would lose a method";
  wanted["tasks"] = {"CoLA", "MRPC", "RTE"};
  wanted["seeds"] = 3;
  ASSERT_TRUE(opens(wanted));
  EXPECT_EQ(stored(), wanted);
}

TEST_F(ExperimentFolderTest, RefusesWhatMakesStoredPartsSayAnythingElse) {
  ASSERT_TRUE(opens(settings()));
  const auto refused = [&](const auto& change) {
    auto wanted = settings();
    change(wanted);
    return !opens(wanted);
  };
  EXPECT_TRUE(refused([](Json& c) { c["methods"]["rosa"] = {"lr=1e-2"}; }));
  EXPECT_TRUE(refused([](Json& c) { c["methods"].erase("full"); }));
  EXPECT_TRUE(refused([](Json& c) { c["seeds"] = 1; }));
  EXPECT_TRUE(refused([](Json& c) { c["seeds"] = "3"; }));
  EXPECT_TRUE(refused([](Json& c) { c["tasks"] = {"CoLA"}; }));
  EXPECT_TRUE(refused([](Json& c) { c["experiment"] = "nlg"; }));
  EXPECT_TRUE(refused([](Json& c) { c["rows"] = 10; }));
  EXPECT_TRUE(refused([](Json& c) {
    c["methods"] = {{"full", {"lr=1e-4"}}, {"rosa", {"lr=1e-3"}}};
  })) << "another method would be the one that the others are compared with";
  EXPECT_EQ(stored(), settings());
}

TEST_F(ExperimentFolderTest, NamesTheFolderAndTheRemedy) {
  ASSERT_TRUE(opens(settings()));
  auto other = settings();
  other["experiment"] = "nlg";
  const auto refusal = ExperimentFolder::open(path(), other);
  ASSERT_FALSE(refusal);
  EXPECT_NE(refusal.error().message.find(path().string()), std::string::npos);
  EXPECT_NE(refusal.error().message.find("can be added"), std::string::npos);
}

}  // namespace
}  // namespace rosa::experiment
