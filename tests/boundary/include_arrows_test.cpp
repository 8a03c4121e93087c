// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/golden.h"

/// Walks every include of the project and fails on an arrow that the picture of the house (README, DESIGN 2) does not
/// have.
namespace {

namespace fs = std::filesystem;

/// Each folder and the folders it may include beside itself; what they may include comes along.
using Arrows = std::map<std::string, std::set<std::string>>;

const Arrows kDirectArrows = {
    {"base", {}},
    {"device", {"base"}},
    {"gguf", {"base"}},
    {"config", {"base"}},
    {"text", {"base"}},
    {"store", {"config"}},
    {"host", {"store"}},
    {"metrics", {"text"}},
    {"hub", {"base"}},
    {"data", {"text", "config"}},
    {"checkpoint", {"device"}},
    {"adapt", {"device"}},
    {"optim", {"adapt"}},
    {"parallel", {"base"}},
    {"model", {"adapt"}},
    {"convert", {"model", "text", "gguf"}},
    {"generate", {"model", "text"}},
    {"train", {"generate", "data", "metrics", "optim", "checkpoint", "store", "config", "parallel"}},
    {"service", {"train", "hub", "convert"}},
    {"bench", {"service"}},
    {"experiment", {"service"}},
    {"cuda", {"device"}},
};

// The window's inner order. A page knows no other page; the window alone puts them together.
const Arrows kUiArrows = {
    {"settings", {}},
    {"jobs", {}},
    {"widgets", {"settings"}},
    {"bridge", {"jobs"}},
    {"models", {"widgets"}},
    {"plots", {"widgets"}},
    {"pages/configure", {"widgets", "jobs", "models"}},
    {"pages/run", {"widgets", "jobs", "models", "plots", "bridge"}},
    {"pages/history", {"widgets", "jobs", "models", "plots"}},
    {"pages/try", {"widgets", "jobs", "models"}},
    {"pages/settings", {"widgets", "jobs", "models"}},
    {"window", {"pages/configure", "pages/run", "pages/history", "pages/try", "pages/settings"}},
};

std::set<std::string> reachable(const Arrows& arrows, const std::string& folder) {
  std::set<std::string> all = {folder};
  std::vector<std::string> open = {folder};
  while (!open.empty()) {
    const auto next = open.back();
    open.pop_back();
    for (const auto& below : arrows.at(next)) {
      if (all.insert(below).second) open.push_back(below);
    }
  }
  return all;
}

struct Include {
  fs::path file;  // relative to the root
  std::string target;
};

std::vector<Include> includesUnder(const fs::path& root, const fs::path& folder) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*[<"]([^">]+)[">])");
  static const std::set<std::string> kSources = {".h", ".cpp", ".cu", ".cuh"};
  std::vector<Include> found;
  if (!fs::exists(root / folder)) return found;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    if (!entry.is_regular_file() || !kSources.contains(entry.path().extension().string())) continue;
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      std::smatch match;
      if (std::regex_search(line, match, kInclude)) found.push_back({fs::relative(entry.path(), root), match[1]});
    }
  }
  return found;
}

std::string firstPart(const std::string& path) {
  return path.substr(0, path.find('/'));
}

/// "plots" of "plots/plot_canvas.h", "pages/run" of "pages/run/run_page.h"; empty where no folder is named.
std::string uiFolder(const std::string& path) {
  const auto end = path.find('/', path.starts_with("pages/") ? std::string_view("pages/").size() : 0);
  return end == std::string::npos ? "" : path.substr(0, end);
}

bool isQt(const std::string& target) {
  return target.starts_with("Q") || target.starts_with("qcustomplot") || target.starts_with("Qt");
}
bool isTorch(const std::string& target) {
  static const std::set<std::string> kRoots = {"ATen", "torch", "c10", "caffe2"};
  return kRoots.contains(firstPart(target));
}

class IncludeArrows : public testing::Test {
 protected:
  fs::path root_ = rosa::test::sourceDirectory();
};

TEST_F(IncludeArrows, EngineFoldersIncludeOnlyWhatLiesBelowThem) {
  const auto includes = includesUnder(root_, "engine");
  ASSERT_FALSE(includes.empty()) << "no sources under " << root_;
  for (const auto& include : includes) {
    auto part = include.file.begin();
    const std::string folder = (++part)->string();
    const std::string target = firstPart(include.target);
    if (folder == "include") {
      EXPECT_FALSE(kDirectArrows.contains(target)) << include.file << " includes " << include.target;
      continue;
    }
    ASSERT_TRUE(kDirectArrows.contains(folder)) << folder << " is not in the picture of the house";
    if (kDirectArrows.contains(target) && include.target.find('/') != std::string::npos) {
      EXPECT_TRUE(reachable(kDirectArrows, folder).contains(target)) << include.file << " includes " << include.target;
      EXPECT_NE(target, "cuda") << include.file
                                << ": engine/cuda implements device's interfaces and is included by nobody";
    }
    EXPECT_NE(target, "ui") << include.file;
    EXPECT_NE(target, "app") << include.file;
  }
}

TEST_F(IncludeArrows, EngineHasNoQt) {
  for (const auto& include : includesUnder(root_, "engine")) {
    EXPECT_FALSE(isQt(include.target)) << include.file << " includes " << include.target;
  }
}

TEST_F(IncludeArrows, PublicInterfaceIsStandardTypesAlone) {
  for (const auto& include : includesUnder(root_, "engine/include")) {
    EXPECT_FALSE(isTorch(include.target)) << include.file << " includes " << include.target;
    EXPECT_TRUE(include.target.starts_with("rosa/") || include.target.find('/') == std::string::npos)
        << include.file << " includes " << include.target;
  }
}

TEST_F(IncludeArrows, TorchStaysInItsFolders) {
  static const std::set<std::string> kTorchFolders = {"device", "adapt",      "optim",   "model", "generate",
                                                      "train",  "convert",    "service", "cuda",  "checkpoint",
                                                      "bench",  "experiment", "parallel"};
  for (const auto& include : includesUnder(root_, "engine")) {
    if (!isTorch(include.target)) continue;
    auto part = include.file.begin();
    EXPECT_TRUE(kTorchFolders.contains((++part)->string())) << include.file << " includes " << include.target;
  }
}

TEST_F(IncludeArrows, WindowSeesOnlyTheEnginesInterface) {
  for (const auto& include : includesUnder(root_, "ui")) {
    EXPECT_FALSE(isTorch(include.target)) << include.file << " includes " << include.target;
    const auto target = uiFolder(include.target);
    EXPECT_TRUE(target.empty() || target == "rosa" || kUiArrows.contains(target))
        << include.file << " includes " << include.target;
    if (include.target == "qcustomplot.h") {
      EXPECT_NE(include.file.generic_string().find("ui/plots/"), std::string::npos) << include.file;
    }
  }
}

TEST_F(IncludeArrows, WindowFoldersIncludeOnlyWhatLiesBelowThem) {
  const auto includes = includesUnder(root_, "ui");
  ASSERT_FALSE(includes.empty()) << "no sources under " << root_;
  for (const auto& include : includes) {
    const auto folder = uiFolder(include.file.lexically_relative("ui").generic_string());
    ASSERT_TRUE(kUiArrows.contains(folder)) << include.file << " lies in no folder of the picture of the house";
    const auto target = uiFolder(include.target);
    if (!kUiArrows.contains(target)) continue;
    EXPECT_TRUE(reachable(kUiArrows, folder).contains(target)) << include.file << " includes " << include.target;
  }
}

TEST_F(IncludeArrows, ProgramsIncludeNoEngineInternals) {
  for (const auto& include : includesUnder(root_, "app")) {
    const std::string target = firstPart(include.target);
    EXPECT_FALSE(kDirectArrows.contains(target) && include.target.find('/') != std::string::npos)
        << include.file << " includes " << include.target;
    EXPECT_FALSE(isTorch(include.target)) << include.file << " includes " << include.target;
  }
  for (const auto& include : includesUnder(root_, "app/cli")) {
    EXPECT_FALSE(isQt(include.target)) << include.file << " includes " << include.target;
  }
}

}  // namespace
