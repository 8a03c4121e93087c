// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/safetensors.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/sha256.h"
#include "engine/checkpoint/stored_tensors.h"
#include "support/fault_file_system.h"
#include "support/process.h"

namespace rosa::checkpoint {
namespace {

class SafetensorsTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "model.safetensors";
};

std::vector<StoredTensor> oneOfEachDtype() {
  std::vector<StoredTensor> tensors;
  for (int i = 0; i <= static_cast<int>(Dtype::U64); ++i) {
    const auto dtype = static_cast<Dtype>(i);
    // Four numbers of 6 bits fill 3 bytes.
    tensors.emplace_back(std::string(dtypeName(dtype)), dtype, std::vector<std::int64_t>{3, 4}, i);
  }
  return tensors;
}

TEST_F(SafetensorsTest, EveryDtypeComesBackBitForBit) {
  const auto tensors = oneOfEachDtype();
  ASSERT_TRUE(writeSafetensors(realFiles(), path_, toWrite(tensors), {}));
  const auto file = SafetensorsFile::open(realFiles(), path_);
  ASSERT_TRUE(file) << file.error().message;
  expectHolds(*file, tensors);
}

TEST_F(SafetensorsTest, OddNamesShapesAndTextsComeBack) {
  const std::vector<StoredTensor> tensors = {
      {"a scalar", Dtype::F32, {}, 1},
      {"empty", Dtype::F16, {3, 0, 2}, 2},
      {"模型.权重", Dtype::BF16, {5}, 3},
      {"a\n\"b\\", Dtype::F32, {2}, 4},
      {"../../etc/passwd", Dtype::U8, {1}, 5},
      {std::string("nul\0inside", 10), Dtype::I64, {1}, 6},
      {"", Dtype::I8, {3}, 7},
  };
  const Metadata metadata = {{"format", "pt"}, {"", ""}, {"note", "é 😀 \"q\"\n"}};
  ASSERT_TRUE(writeSafetensors(realFiles(), path_, toWrite(tensors), metadata));
  const auto file = SafetensorsFile::open(realFiles(), path_);
  ASSERT_TRUE(file) << file.error().message;
  expectHolds(*file, tensors);
  EXPECT_EQ(file->metadata(), metadata);
  EXPECT_EQ(file->find("absent"), nullptr);
}

TEST_F(SafetensorsTest, WidestDtypeComesFirstThenTheName) {
  const std::vector<StoredTensor> tensors = {
      {"z", Dtype::F32, {1}}, {"b", Dtype::U8, {1}}, {"a", Dtype::F32, {1}}, {"c", Dtype::I64, {1}}};
  ASSERT_TRUE(writeSafetensors(realFiles(), path_, toWrite(tensors), {{"format", "pt"}}));
  const auto text = readText(path_);
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"c":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},)"
      R"("a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"z":{"dtype":"F32","shape":[1],"data_offsets":[12,16]},)"
      R"("b":{"dtype":"U8","shape":[1],"data_offsets":[16,17]}})";
  EXPECT_EQ(text.substr(8, header.size()), header);
  EXPECT_EQ((text.size() - 17) % 8, 0U) << "the data begins at a multiple of 8";
}

TEST_F(SafetensorsTest, TheDigestIsThatOfTheFile) {
  const std::vector<StoredTensor> tensors = {{"w", Dtype::F32, {64, 3}}};
  const auto digest = writeSafetensors(realFiles(), path_, toWrite(tensors), {});
  ASSERT_TRUE(digest) << digest.error().message;
  const auto found = base::digestFile(realFiles(), path_);
  ASSERT_TRUE(found);
  EXPECT_EQ(digest->sha256, found->sha256);
  EXPECT_EQ(digest->bytes, fs::file_size(path_));
}

TEST_F(SafetensorsTest, APartOfATensorIsReadByItself) {
  const std::vector<StoredTensor> tensors = {{"a", Dtype::U8, {10}, 1}, {"b", Dtype::U8, {10}, 2}};
  ASSERT_TRUE(writeSafetensors(realFiles(), path_, toWrite(tensors), {}));
  const auto file = SafetensorsFile::open(realFiles(), path_);
  ASSERT_TRUE(file);
  std::vector<std::byte> part(4);
  ASSERT_TRUE(file->read(*file->find("b"), 3, part));
  EXPECT_TRUE(std::equal(part.begin(), part.end(), tensors[1].data.begin() + 3));
}

TEST_F(SafetensorsTest, AFileThatShrinksWhileItIsOpenIsAnError) {
  const std::vector<StoredTensor> tensors = {{"w", Dtype::F32, {1000}}};
  ASSERT_TRUE(writeSafetensors(realFiles(), path_, toWrite(tensors), {}));
  const auto file = SafetensorsFile::open(realFiles(), path_);
  ASSERT_TRUE(file);
  fs::resize_file(path_, 2000);
  std::vector<std::byte> data(4000);
  const auto status = file->read("w", data);
  ASSERT_FALSE(status);
  expectPlainSentence(status.error().message, path_.string());
}

TEST_F(SafetensorsTest, AnAbsentTensorIsNamed) {
  const std::vector<StoredTensor> tensors = {{"w", Dtype::F32, {1}}};
  ASSERT_TRUE(writeSafetensors(realFiles(), path_, toWrite(tensors), {}));
  const auto file = SafetensorsFile::open(realFiles(), path_);
  ASSERT_TRUE(file);
  std::vector<std::byte> data(4);
  const auto status = file->read("bias", data);
  ASSERT_FALSE(status);
  expectPlainSentence(status.error().message, "bias");
}

TEST_F(SafetensorsTest, TooLittleRoomIsToldBeforeAnythingIsWritten) {
  const std::vector<StoredTensor> tensors = {{"w", Dtype::F32, {1000}}};
  test::FaultFileSystem files;
  files.pretendFreeBytes(3000);
  const auto status = writeSafetensors(files, path_, toWrite(tensors), {});
  ASSERT_FALSE(status);
  expectPlainSentence(status.error().message, path_.string());
  EXPECT_EQ(files.operations(), 0);
  EXPECT_TRUE(namesIn(folder_.path()).empty());
}

TEST_F(SafetensorsTest, TwoTensorsOfOneNameAreRefused) {
  const std::vector<StoredTensor> tensors = {{"w", Dtype::F32, {1}}, {"w", Dtype::F16, {1}}};
  const auto status = writeSafetensors(realFiles(), path_, toWrite(tensors), {});
  ASSERT_FALSE(status);
  expectPlainSentence(status.error().message, "w");
  EXPECT_TRUE(namesIn(folder_.path()).empty());
}

TEST_F(SafetensorsTest, AProducerThatFailsOrGivesTooLittleLeavesNothing) {
  const auto failing = [](const ByteSink&) -> Status { return Error{"the disk of the source broke."}; };
  const auto silent = [](const ByteSink&) -> Status { return {}; };
  for (const ByteProducer& produce : {ByteProducer(failing), ByteProducer(silent)}) {
    const std::vector<TensorToWrite> tensors = {{"w", Dtype::F32, {2}, produce}};
    EXPECT_FALSE(writeSafetensors(realFiles(), path_, tensors, {}));
    EXPECT_TRUE(namesIn(folder_.path()).empty());
  }
}

}  // namespace
}  // namespace rosa::checkpoint
