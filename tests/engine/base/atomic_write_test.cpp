// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/atomic_write.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "support/fault_file_system.h"
#include "support/process.h"

namespace rosa::base {
namespace {

namespace fs = std::filesystem;
using test::FaultFileSystem;
using Fault = FaultFileSystem::Fault;

FileSystem& real() {
  return FileSystem::real();
}

std::string read(const fs::path& path) {
  const auto text = readFile(real(), path, 1 << 20);
  return text ? *text : "missing";
}

std::vector<std::string> namesIn(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

/// Runs `act` with its first operation failing, then its second, ... until it succeeds; `check` sees the disk after
/// each failure. Returns how many operations there were.
std::int64_t failEachOperation(Fault fault, const std::function<Status(FileSystem&)>& act,
                               const std::function<void(std::int64_t)>& check) {
  for (std::int64_t n = 0;; ++n) {
    FaultFileSystem files(n, fault);
    const auto status = act(files);
    if (files.operations() <= n) {
      EXPECT_TRUE(status) << status.error().message;
      return n;
    }
    EXPECT_FALSE(status) << "operation " << n << " failed unnoticed";
    check(n);
  }
}

class FaultTest : public testing::TestWithParam<Fault> {
 protected:
  test::TemporaryFolder folder_;
};
INSTANTIATE_TEST_SUITE_P(Every, FaultTest,
                         testing::Values(Fault::DiskFull, Fault::ReadWrite, Fault::ShortWrite, Fault::Crash));

TEST_P(FaultTest, AFileIsOldOrNewWhicheverOperationFails) {
  const auto path = folder_.path() / "config.yaml";
  ASSERT_TRUE(writeFileAtomically(real(), path, "old"));
  const auto operations = failEachOperation(
      GetParam(), [&](FileSystem& files) { return writeFileAtomically(files, path, "the new text"); },
      [&](std::int64_t n) {
        const auto text = read(path);
        // Once renamed, only the sync of the folder can fail.
        EXPECT_TRUE(text == "old" || (text == "the new text" && n == 4)) << n << ": " << text;
        for (const auto& name : namesIn(folder_.path())) {
          EXPECT_TRUE(name == "config.yaml" || (GetParam() == Fault::Crash && isTemporary(name))) << n << ": " << name;
        }
      });
  EXPECT_EQ(operations, 5) << "create, write, sync, rename, sync the folder";
  EXPECT_EQ(read(path), "the new text");
}

TEST_P(FaultTest, AFolderIsCompleteOrAbsentWhicheverOperationFails) {
  const auto path = folder_.path() / "export";
  failEachOperation(
      GetParam(),
      [&](FileSystem& files) -> Status {
        ROSA_TRY(AtomicFolder folder, AtomicFolder::begin(files, path));
        ROSA_CHECK(writeFileAtomically(files, folder.temporaryPath() / "a", "one"));
        ROSA_CHECK(files.createFolders(folder.temporaryPath() / "sub"));
        ROSA_CHECK(writeFileAtomically(files, folder.temporaryPath() / "sub" / "b", "two"));
        return folder.commit();
      },
      [&](std::int64_t n) {
        if (fs::exists(path)) {
          EXPECT_EQ(read(path / "a") + read(path / "sub" / "b"), "onetwo") << n;
          fs::remove_all(path);
        }
        for (const auto& name : namesIn(folder_.path())) {
          EXPECT_TRUE(GetParam() == Fault::Crash && isTemporary(name)) << n << ": " << name;
        }
      });
  EXPECT_EQ(read(path / "a") + read(path / "sub" / "b"), "onetwo");
}

TEST_P(FaultTest, AReplacedFolderIsOldOrNewWhicheverOperationFails) {
  const auto path = folder_.path() / "step-000001";
  fs::create_directories(path);
  ASSERT_TRUE(writeFileAtomically(real(), path / "a", "old"));
  failEachOperation(
      GetParam(),
      [&](FileSystem& files) -> Status {
        ROSA_TRY(AtomicFolder folder, AtomicFolder::begin(files, path, AtomicFolder::Existing::Replace));
        ROSA_CHECK(writeFileAtomically(files, folder.temporaryPath() / "a", "new"));
        return folder.commit();
      },
      [&](std::int64_t n) {
        const auto text = read(path / "a");
        EXPECT_TRUE(text == "old" || text == "new") << n << ": " << text;
        EXPECT_EQ(namesIn(path), std::vector<std::string>{"a"});
      });
  EXPECT_EQ(read(path / "a"), "new");
}

TEST(AtomicFileTest, DroppedUncommittedItLeavesNothing) {
  const test::TemporaryFolder folder;
  {
    auto file = AtomicFile::begin(real(), folder.path() / "a");
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write(std::as_bytes(std::span(std::string_view("text")))));
    EXPECT_EQ(namesIn(folder.path()).size(), 1U);
    EXPECT_TRUE(isTemporary(namesIn(folder.path()).front()));
  }
  EXPECT_TRUE(namesIn(folder.path()).empty());
}

TEST(AtomicFileTest, NamesAFolderThatIsMissing) {
  const test::TemporaryFolder folder;
  const auto status = writeFileAtomically(real(), folder.path() / "no" / "a", "text");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message,
            "Could not write in " + (folder.path() / "no").string() + ": it does not exist. Check the path.");
}

TEST(AtomicFileTest, WritesNamesOfTheGreatestLength) {
  const test::TemporaryFolder folder;
  const std::string name(255, 'n');
  ASSERT_TRUE(writeFileAtomically(real(), folder.path() / name, "text"));
  EXPECT_EQ(read(folder.path() / name), "text");
}

TEST(AtomicFolderTest, RefusesAFolderWithSomethingInIt) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "out";
  ASSERT_TRUE(fs::create_directory(path));
  EXPECT_TRUE(AtomicFolder::begin(real(), path)) << "an empty folder may be used";
  ASSERT_TRUE(writeFileAtomically(real(), path / "a", "mine"));
  const auto refused = AtomicFolder::begin(real(), path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            path.string() + " exists already and is not an empty folder. Choose another folder or remove it.");
  EXPECT_EQ(namesIn(folder.path()), std::vector<std::string>{"out"});
}

TEST(AtomicFolderTest, AFailureNamesTheFolderThatWasAskedFor) {
  const auto refused = AtomicFolder::begin(real(), "/proc/nope");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("/proc/nope"), std::string::npos) << refused.error().message;
  EXPECT_EQ(refused.error().message.find(".rosa-"), std::string::npos) << refused.error().message;
}

TEST(AtomicFileTest, AFullDiskIsToldUnderTheNameThatWasAskedFor) {
  const test::TemporaryFolder folder;
  std::vector<std::string> told;
  failEachOperation(
      Fault::DiskFull,
      [&](FileSystem& files) {
        auto status = writeFileAtomically(files, folder.path() / "a", "text");
        if (!status) told.push_back(status.error().message);
        return status;
      },
      [](std::int64_t) {});
  ASSERT_FALSE(told.empty());
  for (const auto& message : told) EXPECT_EQ(message.find(".rosa-"), std::string::npos) << message;
}

TEST(AtomicFolderTest, DoesNotOverwriteWhatAppearedMeanwhile) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "out";
  auto mine = AtomicFolder::begin(real(), path);
  ASSERT_TRUE(mine);
  fs::create_directory(path);
  ASSERT_TRUE(writeFileAtomically(real(), path / "a", "theirs"));
  EXPECT_FALSE(mine->commit());
  EXPECT_EQ(read(path / "a"), "theirs");
}

TEST(AtomicFolderTest, MakesParentsAndIgnoresATrailingSlash) {
  const test::TemporaryFolder folder;
  auto made = AtomicFolder::begin(real(), folder.path() / "deep" / "er" / "");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->temporaryPath().parent_path(), folder.path() / "deep");
  ASSERT_TRUE(made->commit());
  EXPECT_TRUE(fs::is_directory(folder.path() / "deep" / "er"));
}

TEST(RemoveFolderTest, TheFolderVanishesWholeOrStays) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "old";
  fs::create_directory(path);
  ASSERT_TRUE(writeFileAtomically(real(), path / "a", "text"));
  FaultFileSystem failing(0, Fault::ReadWrite);
  EXPECT_FALSE(removeFolder(failing, path));
  EXPECT_EQ(read(path / "a"), "text");
  EXPECT_TRUE(removeFolder(real(), path));
  EXPECT_TRUE(namesIn(folder.path()).empty());
}

}  // namespace
}  // namespace rosa::base
