// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/model_finder.h"

#include <gtest/gtest.h>

#include <QTemporaryDir>
#include <fstream>

namespace rosa::ui {
namespace {

namespace fs = std::filesystem;

class ModelFinderTest : public ::testing::Test {
 protected:
  void touch(const fs::path& file) {
    fs::create_directories(root_ / file.parent_path());
    std::ofstream(root_ / file) << "x";
  }

  QTemporaryDir folder_;
  fs::path root_ = folder_.path().toStdString();
};

TEST_F(ModelFinderTest, FindsFoldersWithConfigAndWeights) {
  touch("b/config.json");
  touch("b/model.safetensors");
  touch("a/config.json");
  touch("a/model.safetensors.index.json");
  touch("no-weights/config.json");
  touch("no-config/model.safetensors");
  EXPECT_EQ(findModels({root_}), (std::vector<fs::path>{root_ / "a", root_ / "b"}));
}

TEST_F(ModelFinderTest, LooksIntoTheSnapshotsOfAHubCache) {
  touch("models--owner--name/snapshots/0a1b/config.json");
  touch("models--owner--name/snapshots/0a1b/model.safetensors");
  EXPECT_EQ(findModels({root_}), std::vector<fs::path>{root_ / "models--owner--name/snapshots/0a1b"});
}

TEST_F(ModelFinderTest, PassesOverWhatIsNotThere) {
  EXPECT_TRUE(findModels({root_ / "missing", {}}).empty());
}

}  // namespace
}  // namespace rosa::ui
