// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/manifest.h"

#include <gtest/gtest.h>

#include <string>

#include "checkpoint/checkpoint_writer.h"
#include "engine/checkpoint/stored_tensors.h"
#include "support/process.h"

namespace rosa::checkpoint {
namespace {

class ManifestTest : public testing::Test {
 protected:
  ManifestTest() {
    const std::vector<StoredTensor> tensors = {{"w", Dtype::F32, {4}}};
    auto writer = CheckpointWriter::begin(realFiles(), folder_.path(), 7);
    EXPECT_TRUE(writer && writer->writeTensors("state.safetensors", toWrite(tensors)) &&
                writer->writeText("progress.json", "{\"step\": 7}") && writer->commit());
  }

  [[nodiscard]] fs::path file(const std::string& name) const { return checkpoint_ / name; }

  /// The sentence that says why it is no checkpoint; empty if it is one.
  [[nodiscard]] std::string problem() const {
    const auto verified = verifyCheckpoint(realFiles(), checkpoint_);
    return verified ? "" : verified.error().message;
  }

  test::TemporaryFolder folder_;
  fs::path checkpoint_ = checkpointPath(folder_.path(), 7);
};

TEST_F(ManifestTest, ListsSizeAndHashOfEveryFile) {
  const auto manifest = readManifest(realFiles(), checkpoint_);
  ASSERT_TRUE(manifest) << manifest.error().message;
  ASSERT_EQ(manifest->files.size(), 2U);
  for (const auto& [name, digest] : manifest->files) {
    const auto found = base::digestFile(realFiles(), file(name));
    ASSERT_TRUE(found);
    EXPECT_EQ(digest.sha256, found->sha256) << name;
    EXPECT_EQ(digest.bytes, fs::file_size(file(name))) << name;
  }
  EXPECT_EQ(problem(), "");
}

TEST_F(ManifestTest, OneChangedByteAnywhereIsFound) {
  for (const char* name : {"state.safetensors", "progress.json"}) {
    const auto sound = readText(file(name));
    for (std::size_t at = 0; at < sound.size(); ++at) {
      auto changed = sound;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      writeText(file(name), changed);
      ASSERT_NE(problem(), "") << name << " at " << at;
    }
    expectPlainSentence(problem(), name);
    writeText(file(name), sound);
  }
  EXPECT_EQ(problem(), "");
}

TEST_F(ManifestTest, AMissingOrShortenedFileIsNamed) {
  fs::resize_file(file("state.safetensors"), 20);
  expectPlainSentence(problem(), "state.safetensors has 20 bytes instead of");
  fs::remove(file("state.safetensors"));
  expectPlainSentence(problem(), "state.safetensors");
}

TEST_F(ManifestTest, APartOfAManifestIsNone) {
  const auto sound = readText(file(kManifestFile));
  // Without the line end at its close it still says everything.
  for (std::size_t length = 0; length + 1 < sound.size(); ++length) {
    writeText(file(kManifestFile), sound.substr(0, length));
    ASSERT_NE(problem(), "") << length;
  }
}

TEST_F(ManifestTest, NamesOutsideTheFolderAreRefused) {
  for (const char* name : {"../other/state.safetensors", "/etc/passwd", "sub/file", "..", ""}) {
    Manifest manifest;
    manifest.files[name] = {std::string(64, '0'), 1};
    writeText(file(kManifestFile), formatManifest(manifest));
    EXPECT_NE(problem().find("size and hash"), std::string::npos) << name << ": " << problem();
  }
}

TEST_F(ManifestTest, AnotherVersionsManifestIsRefused) {
  auto text = readText(file(kManifestFile));
  const auto at = text.find("\"format\": 1");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 11, "\"format\": 2");
  writeText(file(kManifestFile), text);
  expectPlainSentence(problem(), "another version");
}

}  // namespace
}  // namespace rosa::checkpoint
