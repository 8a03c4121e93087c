// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/process.h"

namespace rosa::base {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  fs::path put(const std::string& name, std::string_view text) const {
    std::ofstream(folder_.path() / name, std::ios::binary) << text;
    return folder_.path() / name;
  }
  std::string openProblem(const fs::path& path) {
    const auto file = files_.open(path);
    return file ? "opened" : file.error().message;
  }

  test::TemporaryFolder folder_;
  FileSystem& files_ = FileSystem::real();
};

TEST_F(FileTest, ReadsAnywhere) {
  const auto file = files_.open(put("a", "0123456789"));
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->size(), 10U);
  std::array<char, 4> bytes{};
  ASSERT_TRUE((*file)->readAt(3, std::as_writable_bytes(std::span(bytes))));
  EXPECT_EQ(std::string_view(bytes.data(), 4), "3456");
  EXPECT_TRUE((*file)->readAt(10, {}));
}

TEST_F(FileTest, AFileThatShrinksIsAnErrorNotASignal) {
  const auto path = put("a", std::string(100'000, 'x'));
  const auto file = files_.open(path);
  ASSERT_TRUE(file);
  fs::resize_file(path, 10);
  std::string bytes(100'000, '\0');
  const auto status = (*file)->readAt(0, std::as_writable_bytes(std::span(bytes)));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message,
            path.string() +
                " ends early: it became shorter while it was read. Wait until it is complete, or fetch it again.");
}

TEST_F(FileTest, OffsetsBeyondWhatTheSystemCanCountAreErrors) {
  const auto file = files_.open(put("a", "0123"));
  ASSERT_TRUE(file);
  std::array<std::byte, 4> bytes{};
  for (const std::uint64_t offset : {std::uint64_t{1}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    EXPECT_FALSE((*file)->readAt(offset, bytes)) << offset;
  }
}

TEST_F(FileTest, RefusesWhatIsNoFileWithoutWaiting) {
  ASSERT_EQ(::mkfifo((folder_.path() / "pipe").c_str(), 0600), 0);
  fs::create_symlink("loop", folder_.path() / "loop");
  EXPECT_EQ(openProblem(folder_.path()),
            "Could not open " + folder_.path().string() + ": it is a folder. Name a file.");
  EXPECT_NE(openProblem(folder_.path() / "pipe").find("is a pipe or a device"), std::string::npos);
  EXPECT_NE(openProblem("/dev/zero").find("is a pipe or a device"), std::string::npos);
  EXPECT_NE(openProblem(folder_.path() / "loop").find("links lead in a circle"), std::string::npos);
  EXPECT_NE(openProblem(folder_.path() / std::string(300, 'n')).find("name is too long"), std::string::npos);
}

TEST_F(FileTest, FollowsLinksToFiles) {
  put("a", "text");
  fs::create_symlink("a", folder_.path() / "b");
  const auto text = readFile(files_, folder_.path() / "b", 4);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "text");
}

TEST_F(FileTest, ReadsWholeFilesUpToALimit) {
  const auto path = put("a", "0123456789");
  EXPECT_EQ(*readFile(files_, path, 10), "0123456789");
  EXPECT_FALSE(readFile(files_, path, 9));
  EXPECT_EQ(*readFile(files_, put("empty", ""), 0), "");
}

TEST_F(FileTest, ALargeSparseFileIsRefusedBeforeMemoryIsTaken) {
  const auto path = put("sparse", "");
  fs::resize_file(path, std::uintmax_t{1} << 40);
  EXPECT_NE(readFile(files_, path, 1 << 20).error().message.find("has 1.0 TiB, more than the 1.0 MiB"),
            std::string::npos);
}

TEST_F(FileTest, CreatesOnlyNewFiles) {
  const auto path = folder_.path() / "new";
  {
    const auto file = files_.create(path);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->write(std::as_bytes(std::span(std::string_view("ab")))));
    ASSERT_TRUE((*file)->write(std::as_bytes(std::span(std::string_view("c")))));
    ASSERT_TRUE((*file)->sync());
  }
  EXPECT_EQ(*readFile(files_, path, 10), "abc");
  EXPECT_EQ(files_.create(path).error().message,
            "Could not create " + path.string() + ": it exists already. Choose another name or remove it.");
}

TEST_F(FileTest, ExchangesFolders) {
  fs::create_directories(folder_.path() / "a" / "in-a");
  fs::create_directories(folder_.path() / "b" / "in-b");
  ASSERT_TRUE(files_.exchange(folder_.path() / "a", folder_.path() / "b"));
  EXPECT_TRUE(fs::exists(folder_.path() / "a" / "in-b"));
  EXPECT_TRUE(fs::exists(folder_.path() / "b" / "in-a"));
}

TEST_F(FileTest, TellsFreeSpaceOfFoldersThatAreYetToBeMade) {
  const auto here = files_.freeBytes(folder_.path());
  const auto below = files_.freeBytes(folder_.path() / "not" / "yet" / "there");
  ASSERT_TRUE(here && below);
  EXPECT_GT(*here, 0U);
  EXPECT_GT(*below, 0U);
}

TEST_F(FileTest, EveryErrorIsASentenceWithARemedy) {
  EXPECT_EQ(fileError("write", "a/b", ENOSPC).message,
            "Could not write a/b: the disk is full. Free some space and try again.");
  for (int code = 1; code < 134; ++code) {
    const auto message = fileError("open", "x", code).message;
    EXPECT_TRUE(message.starts_with("Could not open x: ") && message.ends_with('.')) << message;
  }
}

}  // namespace
}  // namespace rosa::base
