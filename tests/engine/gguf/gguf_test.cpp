// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "engine/gguf/gguf_samples.h"
#include "support/fault_file_system.h"
#include "support/process.h"

namespace rosa::gguf {
namespace {

class GgufTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "model.gguf";
};

TEST_F(GgufTest, EveryTypeOfValueAndTensorComesBack) {
  const auto tensors = sampleTensors();
  const auto metadata = sampleMetadata();
  ASSERT_TRUE(writeGguf(realFiles(), path_, metadata, tensors));
  EXPECT_EQ(fs::file_size(path_), ggufSize(metadata, tensors));
  const auto file = GgufFile::open(realFiles(), path_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->version(), 3U);
  EXPECT_EQ(file->architecture(), "llama");
  EXPECT_EQ(file->metadata().entries(), metadata.entries());
  ASSERT_EQ(file->tensors().size(), tensors.size());
  for (const auto& wanted : tensors) {
    const auto* found = file->find(wanted.name);
    ASSERT_NE(found, nullptr) << wanted.name;
    EXPECT_EQ(found->dimensions, wanted.dimensions);
    EXPECT_EQ(found->format.id, static_cast<std::uint32_t>(wanted.type));
    std::vector<std::byte> bytes(found->bytes);
    ASSERT_TRUE(file->read(*found, 0, bytes));
    EXPECT_TRUE(wanted.produce([&bytes](std::span<const std::byte> written) -> Status {
      EXPECT_TRUE(std::equal(written.begin(), written.end(), bytes.begin(), bytes.end()));
      return {};
    }));
    std::vector<float> numbers(found->count());
    EXPECT_TRUE(file->readValues(*found, 0, numbers));
  }
  EXPECT_EQ(file->find("none"), nullptr);
}

TEST_F(GgufTest, NumbersInsideATensorAreReadByThemselves) {
  const std::vector<TensorToWrite> tensors = {sampleTensor("w", {64, 4}, BlockType::Q8_0)};
  ASSERT_TRUE(writeGguf(realFiles(), path_, sampleMetadata(), tensors));
  const auto file = GgufFile::open(realFiles(), path_);
  ASSERT_TRUE(file);
  const auto& tensor = file->tensors()[0];
  std::vector<float> all(256), part(96);
  ASSERT_TRUE(file->readValues(tensor, 0, all));
  ASSERT_TRUE(file->readValues(tensor, 64, part));
  EXPECT_TRUE(std::equal(part.begin(), part.end(), all.begin() + 64));
}

TEST_F(GgufTest, AValueIsFoundByKeyAndType) {
  const auto metadata = sampleMetadata();
  ASSERT_NE(metadata.get<std::uint32_t>("t.u32"), nullptr);
  EXPECT_EQ(*metadata.get<std::uint32_t>("t.u32"), 4294967295U);
  EXPECT_EQ(metadata.get<std::int32_t>("t.u32"), nullptr) << "another type";
  EXPECT_EQ(metadata.get<std::uint32_t>("none"), nullptr);
  ASSERT_NE(metadata.list<std::string>("a.text"), nullptr);
  EXPECT_EQ(metadata.list<std::string>("a.text")->size(), 3U);
  EXPECT_EQ(metadata.list<float>("a.text"), nullptr);
}

TEST_F(GgufTest, NamesThatTheFormatCannotHoldAreRefused) {
  const std::vector<TensorToWrite> twice = {sampleTensor("w", {4}, BlockType::F32),
                                            sampleTensor("w", {4}, BlockType::F32)};
  const auto same = writeGguf(realFiles(), path_, sampleMetadata(), twice);
  ASSERT_FALSE(same);
  expectPlainSentence(same.error().message, path_);
  const std::vector<TensorToWrite> longName = {sampleTensor(std::string(64, 'n'), {4}, BlockType::F32)};
  const auto tooLong = writeGguf(realFiles(), path_, sampleMetadata(), longName);
  ASSERT_FALSE(tooLong);
  EXPECT_NE(tooLong.error().message.find("nnnn"), std::string::npos);
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(GgufTest, ATensorThatProducesAnotherSizeLeavesNothing) {
  auto tensor = sampleTensor("w", {8}, BlockType::F32);
  tensor.produce = [](const ByteSink& sink) { return sink(std::vector<std::byte>(31)); };
  const auto written = writeGguf(realFiles(), path_, sampleMetadata(), std::vector{tensor});
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("\"w\""), std::string::npos) << written.error().message;
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(GgufTest, AFullDiskIsToldBeforeAnythingIsWritten) {
  test::FaultFileSystem files;
  files.pretendFreeBytes(100);
  const auto written = writeGguf(files, path_, sampleMetadata(), sampleTensors());
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("free"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(GgufTest, AFailureAtAnyWriteLeavesTheOldFileAndNothingElse) {
  using Fault = test::FaultFileSystem::Fault;
  test::FaultFileSystem counting;
  ASSERT_TRUE(writeGguf(counting, path_, sampleMetadata(), sampleTensors()));
  const auto whole = readText(path_);
  writeText(path_, "old");
  for (const auto fault : {Fault::DiskFull, Fault::ReadWrite, Fault::ShortWrite}) {
    for (std::int64_t operation = 1; operation < counting.operations(); ++operation) {
      test::FaultFileSystem files(operation, fault);
      const auto written = writeGguf(files, path_, sampleMetadata(), sampleTensors());
      ASSERT_FALSE(written) << "operation " << operation;
      EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1) << "operation " << operation;
      const auto left = readText(path_);
      EXPECT_TRUE(left == "old" || left == whole) << "operation " << operation;
    }
  }
}

TEST_F(GgufTest, FormatsOfOtherToolsAreKnownBySizeAndRefusedByName) {
  // Q5_K, which is not read here: 176 bytes for 256 numbers.
  std::string text;
  const std::vector<TensorToWrite> tensors = {sampleTensor("w", {256}, BlockType::Q4_K)};
  ASSERT_TRUE(writeGguf(realFiles(), path_, sampleMetadata(), tensors));
  text = readText(path_);
  const auto at = text.rfind(std::string("w\1\0\0\0", 5));
  ASSERT_NE(at, std::string::npos);
  text[at + 1 + 4 + 8] = 13;
  text.append(32, '\0');
  writeText(path_, text);
  const auto file = GgufFile::open(realFiles(), path_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->tensors()[0].bytes, 176U);
  std::vector<float> numbers(256);
  const auto read = file->readValues(file->tensors()[0], 0, numbers);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("Q5_K"), std::string::npos);
  expectPlainSentence(read.error().message, path_);
}

}  // namespace
}  // namespace rosa::gguf
