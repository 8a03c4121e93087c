// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/mapped_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/process.h"

namespace rosa::base {
namespace {

namespace fs = std::filesystem;

class MappedFileTest : public testing::Test {
 protected:
  fs::path put(const std::string& bytes) const {
    std::ofstream(folder_.path() / "a", std::ios::binary) << bytes;
    return folder_.path() / "a";
  }
  static std::string textOf(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  /// KiB of files that the process has in memory.
  static long residentOfFiles() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      long value = 0;
      if (word == "RssFile:" && status >> value) return value;
    }
    return 0;
  }

  test::TemporaryFolder folder_;
};

TEST_F(MappedFileTest, ReadsAnywhere) {
  auto file = MappedFile::open(put("0123456789"));
  ASSERT_TRUE(file) << file.error().message;
  const auto moved = *std::move(file);
  EXPECT_EQ(moved.size(), 10U);
  EXPECT_EQ(textOf(moved.bytes(3, 4)), "3456");
  EXPECT_EQ(textOf(moved.bytes(0, 10)), "0123456789");
  EXPECT_EQ(moved.bytes(10, 0).size(), 0U);
  EXPECT_TRUE(MappedFile::open(put("")));
  EXPECT_FALSE(MappedFile::open(folder_.path()));
  EXPECT_FALSE(MappedFile::open(folder_.path() / "none"));
}

TEST_F(MappedFileTest, OutlivesItsName) {
  const auto path = put("0123456789");
  const auto file = MappedFile::open(path);
  ASSERT_TRUE(file);
  fs::remove(path);
  EXPECT_EQ(textOf(file->bytes(8, 2)), "89");
}

TEST_F(MappedFileTest, SaysThatItBecameShorter) {
  const auto path = put(std::string(100'000, 'x'));
  const auto file = MappedFile::open(path);
  ASSERT_TRUE(file);
  fs::resize_file(path, 10);
  EXPECT_THROW((void)file->bytes(99'000, 10), std::runtime_error);
}

TEST_F(MappedFileTest, GivesBackWhatWasLookedAt) {
  constexpr std::size_t kBytes = std::size_t{128} << 20U, kStep = std::size_t{64} << 10U;
  const auto path = put("");
  fs::resize_file(path, kBytes);
  const auto before = residentOfFiles();
  const auto file = MappedFile::open(path);
  ASSERT_TRUE(file);
  long most = 0;
  for (std::size_t at = 0; at < kBytes; at += kStep) {
    for (const auto byte : file->bytes(at, kStep)) ASSERT_EQ(byte, std::byte{0});
    most = std::max(most, residentOfFiles());
  }
  EXPECT_LT(most - before, 48L << 10U) << "KiB";
}

}  // namespace
}  // namespace rosa::base
