// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/sha256.h"
#include "engine/gguf/gguf_samples.h"
#include "support/golden.h"
#include "support/process.h"

/// Files by llama.cpp's converter, with what stands in them (golden/README-text.md, gguf).
namespace rosa::gguf {
namespace {

using base::Json;

fs::path ggufFolder() {
  return test::goldenDirectory() / "gguf";
}

std::string sha256Of(std::span<const std::byte> bytes) {
  base::Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

std::vector<std::string> goldenFiles() {
  std::vector<std::string> names;
  if (!fs::is_directory(ggufFolder())) return names;
  for (const auto& entry : fs::directory_iterator(ggufFolder())) {
    if (entry.path().extension() == ".gguf") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

class GgufGolden : public testing::TestWithParam<std::string> {
 protected:
  GgufGolden()
      : path_(ggufFolder() / (GetParam() + ".gguf")),
        facts_(base::readJsonFile(realFiles(), ggufFolder() / (GetParam() + ".json")).value()),
        file_(GgufFile::open(realFiles(), path_)) {}
  fs::path path_;
  Json facts_;
  Expected<GgufFile> file_;
};

/// The type as the reference names it.
std::string referenceType(std::size_t type) {
  static const std::vector<std::string> kNames = {"UINT8", "INT8",   "UINT16", "INT16",  "UINT32", "INT32",  "FLOAT32",
                                                  "BOOL",  "STRING", "ARRAY",  "UINT64", "INT64",  "FLOAT64"};
  return kNames.at(type);
}

Json jsonOf(const Value& value) {
  return std::visit(
      [](const auto& one) -> Json {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(one)>, Array>) {
          return std::visit(
              [](const auto& list) -> Json {
                Json all = Json::array();
                for (const auto& element : list) {
                  if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(element)>, Array>) {
                    all.push_back(static_cast<typename std::remove_cvref_t<decltype(list)>::value_type>(element));
                  }
                }
                return all;
              },
              one.values);
        } else {
          return one;
        }
      },
      value);
}

TEST_P(GgufGolden, MetadataEqualTheReference) {
  ASSERT_TRUE(file_) << file_.error().message;
  std::size_t fields = 0;
  for (const auto& [key, expected] : facts_.at("fields").items()) {
    if (key.starts_with("GGUF.")) continue;
    ++fields;
    const auto* value = file_->metadata().find(key);
    ASSERT_NE(value, nullptr) << key;
    EXPECT_EQ(referenceType(value->index()), expected.at("types").at(0).get<std::string>()) << key;
    if (const auto* array = std::get_if<Array>(value)) {
      EXPECT_EQ(referenceType(array->values.index()), expected.at("types").at(1).get<std::string>()) << key;
    }
    EXPECT_EQ(jsonOf(*value), expected.at("value")) << key;
  }
  EXPECT_EQ(file_->metadata().entries().size(), fields);
}

TEST_P(GgufGolden, TensorsEqualTheReference) {
  ASSERT_TRUE(file_) << file_.error().message;
  const auto& expected = facts_.at("tensors");
  ASSERT_EQ(file_->tensors().size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto& tensor = file_->tensors()[i];
    const auto& facts = expected[i];
    const auto name = facts.at("name").get<std::string>();
    EXPECT_EQ(tensor.name, name);
    EXPECT_EQ(tensor.dimensions, facts.at("ne").get<std::vector<std::uint64_t>>()) << name;
    EXPECT_EQ(tensor.format.name, facts.at("type").get<std::string>()) << name;
    EXPECT_EQ(file_->dataBegin() + tensor.begin, facts.at("data_offset_in_file").get<std::uint64_t>()) << name;
    EXPECT_EQ(tensor.bytes, facts.at("n_bytes").get<std::uint64_t>()) << name;
    std::vector<std::byte> bytes(tensor.bytes);
    ASSERT_TRUE(file_->read(tensor, 0, bytes));
    EXPECT_EQ(sha256Of(bytes), facts.at("sha256").get<std::string>()) << name;
    if (!facts.contains("sha256_as_f32")) continue;  // of what is stored as F32
    std::vector<float> numbers(tensor.count());
    ASSERT_TRUE(file_->readValues(tensor, 0, numbers));
    EXPECT_EQ(sha256Of(std::as_bytes(std::span(numbers))), facts.at("sha256_as_f32").get<std::string>()) << name;
  }
}

TEST_P(GgufGolden, WrittenAgainItHasTheSameBytes) {
  ASSERT_TRUE(file_) << file_.error().message;
  std::vector<TensorToWrite> tensors;
  for (const auto& tensor : file_->tensors()) {
    std::vector<std::byte> bytes(tensor.bytes);
    ASSERT_TRUE(file_->read(tensor, 0, bytes));
    tensors.push_back({tensor.name, tensor.dimensions, readableType(tensor.format.id).value(),
                       [bytes](const ByteSink& sink) { return sink(bytes); }});
  }
  test::TemporaryFolder folder;
  const auto path = folder.path() / "again.gguf";
  const auto written = writeGguf(realFiles(), path, file_->metadata(), tensors);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_TRUE(readText(path) == readText(path_));
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GgufGolden);
INSTANTIATE_TEST_SUITE_P(Files, GgufGolden, testing::ValuesIn(goldenFiles()), [](const auto& shown) {
  auto name = shown.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace rosa::gguf
