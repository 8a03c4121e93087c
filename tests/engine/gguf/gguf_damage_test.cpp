// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <random>

#include "engine/gguf/gguf_samples.h"
#include "fuzz/fuzz_input.h"
#include "support/process.h"

/// Damaged files: whatever stands in them, the reader answers with tensors that lie inside the file or with a sentence.
namespace rosa::gguf {
namespace {

class GgufDamageTest : public testing::Test {
 protected:
  GgufDamageTest() {
    EXPECT_TRUE(writeGguf(realFiles(), path_, sampleMetadata(), sampleTensors()));
    sound_ = readText(path_);
  }

  /// Opens a file in memory with this content and, if it opens, reads every byte of every tensor. True if it opened.
  bool survives(const std::string& content) {
    const auto path = fuzz::fileWith(content);
    const auto file = GgufFile::open(realFiles(), path);
    if (!file) {
      expectPlainSentence(file.error().message, path);
      return false;
    }
    std::uint64_t total = 0;
    for (const auto& tensor : file->tensors()) {
      std::vector<std::byte> bytes(tensor.bytes);
      EXPECT_TRUE(file->read(tensor, 0, bytes));
      total += bytes.size();
    }
    EXPECT_LT(total, sound_.size());
    return true;
  }

  test::TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "model.gguf";
  std::string sound_;
};

TEST_F(GgufDamageTest, EveryShorterAndALongerFileIsRefused) {
  ASSERT_TRUE(survives(sound_));
  // The last tensor has 4 of its 32 bytes: the 28 that follow are padding, which may be missing.
  constexpr std::size_t kPadding = 28;
  for (std::size_t length = 0; length < sound_.size(); ++length) {
    EXPECT_EQ(survives(sound_.substr(0, length)), length >= sound_.size() - kPadding)
        << "cut to " << length << " of " << sound_.size();
  }
  EXPECT_FALSE(survives(sound_ + '\0'));
}

TEST_F(GgufDamageTest, ThousandsOfChangedBytesAreAnswered) {
  std::mt19937 random(3);
  const auto headEnd = GgufFile::open(realFiles(), path_)->dataBegin();
  int refused = 0;
  constexpr int kFiles = 5000;
  for (int i = 0; i < kFiles; ++i) {
    auto text = sound_;
    for (auto changes = 1 + random() % 4; changes > 0; --changes) {
      text[random() % headEnd] = static_cast<char>(random());
    }
    refused += survives(text) ? 0 : 1;
  }
  EXPECT_GT(refused, kFiles / 2) << "most changes break a rule";
  EXPECT_LT(refused, kFiles) << "some only change a value";
}

TEST_F(GgufDamageTest, LargeNumbersAtEveryPlaceNeverAllocateOrHang) {
  const auto headEnd = GgufFile::open(realFiles(), path_)->dataBegin();
  for (const std::uint64_t number : {std::uint64_t{1} << 32, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    for (std::size_t at = 8; at + 8 <= headEnd; ++at) {
      auto text = sound_;
      text.replace(at, 8, reinterpret_cast<const char*>(&number), 8);
      survives(text);
    }
  }
}

TEST_F(GgufDamageTest, ManyKeysAreReadInTimeThatGrowsWithTheFile) {
  // 200,000 keys, each looked up once by a walk over all before it, would take minutes.
  Metadata metadata;
  metadata.append("general.architecture", std::string("llama"));
  for (int i = 0; i < 200'000; ++i) metadata.append(std::to_string(i), std::uint8_t{1});
  ASSERT_TRUE(writeGguf(realFiles(), path_, metadata, {}));
  const auto file = GgufFile::open(realFiles(), path_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->metadata().entries().size(), 200'001U);
}

}  // namespace
}  // namespace rosa::gguf
