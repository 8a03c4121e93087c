// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/temporary_folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace rosa::base {
namespace {

namespace fs = std::filesystem;

TEST(TemporaryFolder, GoesWithTheObjectAndAllThatIsInIt) {
  fs::path kept;
  {
    auto first = TemporaryFolder::make("any");
    const auto second = TemporaryFolder::make("any");
    ASSERT_TRUE(first && second);
    EXPECT_NE(first->path(), second->path());
    EXPECT_NE(first->path().filename().string().find("rosa-any-"), std::string::npos);
    kept = first->path();
    std::ofstream(kept / "file") << "text";
    const auto moved = *std::move(first);
    EXPECT_EQ(moved.path(), kept);
    EXPECT_TRUE(fs::exists(kept / "file"));
  }
  EXPECT_FALSE(fs::exists(kept));
}

TEST(TemporaryFolder, IsRefusedWithTheRemedyWhereThereIsNoPlace) {
  const char* before = getenv("TMPDIR");
  const std::string saved = before == nullptr ? "" : before;
  setenv("TMPDIR", "/nowhere/at/all", 1);
  const auto folder = TemporaryFolder::make("any");
  if (before == nullptr) {
    unsetenv("TMPDIR");
  } else {
    setenv("TMPDIR", saved.c_str(), 1);
  }
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().message.find("TMPDIR"), std::string::npos) << folder.error().message;
}

}  // namespace
}  // namespace rosa::base
