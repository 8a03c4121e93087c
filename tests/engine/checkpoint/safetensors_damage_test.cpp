// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/checkpoint/stored_tensors.h"
#include "support/process.h"

/// Damaged files: whatever stands in them, the reader answers with tensors that lie inside the file or with a sentence.
namespace rosa::checkpoint {
namespace {

class SafetensorsDamageTest : public testing::Test {
 protected:
  SafetensorsDamageTest() {
    const std::vector<StoredTensor> tensors = {
        {"embed.weight", Dtype::F32, {4, 3}, 1}, {"norm", Dtype::F16, {2}, 2}, {"mask", Dtype::Bool, {5}, 3}};
    EXPECT_TRUE(writeSafetensors(realFiles(), path_, toWrite(tensors), {{"format", "pt"}}));
    sound_ = readText(path_);
  }

  /// Opens the file and, if it opens, reads every byte of every tensor. True if it opened.
  bool survives() {
    const auto file = SafetensorsFile::open(realFiles(), path_);
    if (!file) {
      expectPlainSentence(file.error().message, path_.string());
      return false;
    }
    std::uint64_t total = 0;
    for (const auto* entry : file->entries()) total += dataOf(*file, *entry).size();
    EXPECT_LT(total, sound_.size());
    return true;
  }

  test::TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "model.safetensors";
  std::string sound_;
};

TEST_F(SafetensorsDamageTest, EveryShorterAndALongerFileIsRefused) {
  ASSERT_TRUE(survives());
  for (std::size_t length = 0; length < sound_.size(); ++length) {
    writeText(path_, sound_.substr(0, length));
    EXPECT_FALSE(survives()) << "cut to " << length << " of " << sound_.size();
  }
  writeText(path_, sound_ + '\0');
  EXPECT_FALSE(survives());
}

TEST_F(SafetensorsDamageTest, ThousandsOfChangedBytesAreAnswered) {
  std::mt19937 random(3);
  const std::size_t headerEnd = sound_.find("}}") + 2;
  int refused = 0;
  constexpr int kFiles = 5000;
  for (int i = 0; i < kFiles; ++i) {
    auto text = sound_;
    for (auto changes = 1 + random() % 4; changes > 0; --changes) {
      text[random() % headerEnd] = static_cast<char>(random());
    }
    writeText(path_, text);
    refused += survives() ? 0 : 1;
  }
  EXPECT_GT(refused, kFiles / 2) << "most changes break a rule";
  EXPECT_LT(refused, kFiles) << "some only change a name";
}

TEST_F(SafetensorsDamageTest, ADigitChangedInTheHeaderNeverOpensWithTheSameShapes) {
  // Every single character of the header replaced by every digit: shapes, offsets and the length field among them.
  const std::size_t headerEnd = sound_.find("}}") + 2;
  for (std::size_t at = 0; at < headerEnd; ++at) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      if (sound_[at] == digit) continue;
      auto text = sound_;
      text[at] = digit;
      writeText(path_, text);
      const bool wasDigit = sound_[at] >= '0' && sound_[at] <= '9';
      const bool inDtype = at > 0 && (sound_[at - 1] == 'F' || sound_[at - 1] == '1');
      if (wasDigit && !inDtype) {
        EXPECT_FALSE(survives()) << text.substr(8);
      } else {
        survives();
      }
    }
  }
}

}  // namespace
}  // namespace rosa::checkpoint
