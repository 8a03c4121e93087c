// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/known_digests.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/process.h"

namespace rosa::base {
namespace {

namespace fs = std::filesystem;

class KnownDigestsTest : public testing::Test {
 protected:
  fs::path put(const std::string& text) const {
    std::ofstream(folder_.path() / "data", std::ios::binary) << text;
    return folder_.path() / "data";
  }
  [[nodiscard]] int remembered() const {
    int count = 0;
    if (!fs::exists(folder_.path() / "known")) return 0;
    for (const auto& entry : fs::directory_iterator(folder_.path() / "known")) {
      count += entry.path().extension() == KnownDigests::kEnding ? 1 : 0;
    }
    return count;
  }

  test::TemporaryFolder folder_;
  KnownDigests known_{folder_.path() / "known", 3};
};

TEST_F(KnownDigestsTest, WhatWasNotedIsFoundUntilTheFileChanges) {
  const auto file = put("some text");
  EXPECT_FALSE(known_.find(file));
  const std::string digest(64, 'a');
  known_.note(file, digest);
  EXPECT_EQ(known_.find(file), digest);
  EXPECT_EQ(known_.of(file)->sha256, digest) << "nothing is computed";
  EXPECT_EQ(known_.of(file)->bytes, 9U);

  const auto written = fs::last_write_time(file);
  put("same size");
  fs::last_write_time(file, written);
  EXPECT_FALSE(known_.find(file)) << "size and time of writing are as before";
  EXPECT_EQ(known_.of(file)->sha256, digestText("same size").sha256);
}

TEST_F(KnownDigestsTest, AFileThatChangedJustNowIsNotRemembered) {
  const auto file = put("some text");
  EXPECT_EQ(known_.of(file)->sha256, digestText("some text").sha256);
  EXPECT_EQ(remembered(), 0);
}

TEST_F(KnownDigestsTest, SmallFilesAndMissingOnesAreNotRemembered) {
  known_.note(put("ab"), std::string(64, 'a'));
  known_.note(folder_.path() / "none", std::string(64, 'a'));
  KnownDigests().note(put("some text"), std::string(64, 'a'));
  EXPECT_EQ(remembered(), 0);
  EXPECT_FALSE(known_.of(folder_.path() / "none"));
}

TEST_F(KnownDigestsTest, WhatIsNoDigestIsNotBelieved) {
  const auto file = put("some text");
  known_.note(file, std::string(64, 'a'));
  for (const auto& entry : fs::directory_iterator(folder_.path() / "known")) {
    std::ofstream(entry.path(), std::ios::binary) << std::string(63, 'a') << "!";
  }
  EXPECT_FALSE(known_.find(file));
}

}  // namespace
}  // namespace rosa::base
