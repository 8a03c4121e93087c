// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/model_finder.h"

#include <gtest/gtest.h>

#include <QTemporaryDir>
#include <chrono>
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

TEST_F(ModelFinderTest, OfSeveralSnapshotsTakesTheOneThatMainNames) {
  for (const char* version : {"0a1b", "2c3d"}) {
    touch(fs::path("models--owner--name/snapshots") / version / "config.json");
    touch(fs::path("models--owner--name/snapshots") / version / "model.safetensors");
  }
  const fs::path hubModel = root_ / "models--owner--name";
  fs::create_directories(hubModel / "refs");
  std::ofstream(hubModel / "refs/main") << "0a1b";
  EXPECT_EQ(findModels({root_}), std::vector<fs::path>{hubModel / "snapshots/0a1b"});
  EXPECT_EQ(modelFolder(hubModel), hubModel / "snapshots/0a1b");
  EXPECT_EQ(modelFolder(hubModel / ""), hubModel / "snapshots/0a1b");
  EXPECT_EQ(modelFolder(hubModel / "snapshots"), hubModel / "snapshots/0a1b");
  std::ofstream(hubModel / "refs/main") << "gone";
  fs::last_write_time(hubModel / "snapshots/0a1b", fs::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_EQ(modelFolder(hubModel), hubModel / "snapshots/2c3d") << "the newest, where main names none";
}

TEST_F(ModelFinderTest, OtherFoldersStandForThemselves) {
  touch("a/config.json");
  EXPECT_EQ(modelFolder(root_ / "a"), root_ / "a");
  EXPECT_EQ(modelFolder(root_ / "models--empty--name"), root_ / "models--empty--name");
  EXPECT_EQ(modelFolder(""), "");
}

TEST_F(ModelFinderTest, TheHubCacheIsWhereItsVariablesSay) {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"}) qunsetenv(name);
  const QByteArray home = qgetenv("HOME");
  qputenv("HOME", "/home/someone");
  const auto last = [] { return usualModelFolders("/rosa", "/samples").back().lexically_normal(); };
  EXPECT_EQ(last(), "/home/someone/.cache/huggingface/hub");
  qputenv("XDG_CACHE_HOME", "/cache");
  EXPECT_EQ(last(), "/cache/huggingface/hub");
  qputenv("HF_HOME", "/hf");
  EXPECT_EQ(last(), "/hf/hub");
  qputenv("HF_HUB_CACHE", "/hub");
  EXPECT_EQ(usualModelFolders("/rosa", "/samples").size(), 4U);
  EXPECT_EQ(usualModelFolders("/rosa", "/samples").back() / "x", "/hub/x");
  for (const char* name : {"HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"}) qunsetenv(name);
  qputenv("HOME", home);
}

TEST_F(ModelFinderTest, PassesOverWhatIsNotThere) {
  EXPECT_TRUE(findModels({root_ / "missing", {}}).empty());
}

}  // namespace
}  // namespace rosa::ui
