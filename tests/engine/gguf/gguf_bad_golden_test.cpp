// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/json.h"
#include "engine/gguf/gguf_samples.h"
#include "support/bad_files.h"
#include "support/golden.h"

/// Odd and hostile files (golden/README-text.md, gguf-bad), with the verdict of gguf-py on each, which is lenient.
namespace rosa::gguf {
namespace {

using test::BadFile;

/// Files that gguf-py reads and we refuse, with the reason.
const std::map<std::string, std::string>& refusedOnPurpose() {
  static const std::map<std::string, std::string> kFiles = {
      {"strings--key_empty.gguf", "llama.cpp refuses it"},
      {"strings--key_long_70000.gguf", "the format allows 65535 bytes"},
      {"kv--bool_value_2.gguf", "the format allows 0 and 1"},
      {"kv--no_architecture.gguf", "the format demands it"},
      {"kv--architecture_wrong_type.gguf", "the format demands a string"},
      {"kv--split_count_but_single.gguf", "the rest of the model is in other files"},
      {"tensors--name_65_bytes.gguf", "ggml limits names to 63 bytes"},
      {"tensors--name_empty.gguf", "nothing could ask for it"},
      {"tensors--n_dims_5.gguf", "ggml has 4"},
      {"tensors--dim_zero.gguf", "no model has it, and ggml divides by it"},
      {"tensors--offset_unaligned.gguf", "llama.cpp refuses it"},
      {"tensors--offset_overflow.gguf", "the place wraps back into the file"},
      {"tensors--overlap.gguf", "llama.cpp refuses it"},
      {"tensors--gap.gguf", "llama.cpp refuses it"},
      {"tensors--trailing_data.gguf", "what follows belongs to no tensor"},
  };
  return kFiles;
}

/// Files that gguf-py cannot read and we can, with the reason.
const std::map<std::string, std::string>& readOnPurpose() {
  static const std::map<std::string, std::string> kFiles = {};
  return kFiles;
}

/// What the sentence must name beside the file.
std::string wordOf(const std::string& file) {
  static const std::vector<std::pair<std::string, std::string>> kWords = {
      {"kv--array_string", "general.tags"},
      {"kv--array", "\"k\""},
      {"kv--alignment_huge", "\"w\""},
      {"kv--bool", "\"k\""},
      {"kv--unknown", "\"k\""},
      {"kv--alignment", "general.alignment"},
      {"kv--duplicate", "general.name"},
      {"kv--no_arch", "general.architecture"},
      {"kv--architecture", "general.architecture"},
      {"kv--split", "split.count"},
      {"header--version", "version"},
      {"strings--key", "key"},
      {"strings--value_not", "general.name"},
      {"strings--value_length", "general.architecture"},
      {"tensors--duplicate", "\"w\""},
      {"tensors--", "tensor"}};
  for (const auto& [start, word] : kWords) {
    if (file.starts_with(start) && file != "header--version_big_endian.gguf") return word;
  }
  return "";
}

fs::path badFolder() {
  return test::goldenDirectory() / "gguf-bad";
}

std::vector<BadFile> badFiles() {
  return test::badFiles(badFolder());
}

class GgufBad : public testing::TestWithParam<BadFile> {};

TEST_P(GgufBad, IsReadAsItIsOrRefusedInASentence) {
  const auto& [name, facts] = GetParam();
  const auto path = badFolder() / name;
  const auto file = GgufFile::open(realFiles(), path);
  const bool accepted = facts.at("gguf_py") == "accepts";
  const bool expected = readOnPurpose().contains(name) || (accepted && !refusedOnPurpose().contains(name));
  ASSERT_EQ(file.hasValue(), expected) << (file ? "was read" : file.error().message);
  if (!file) {
    expectPlainSentence(file.error().message, path);
    EXPECT_NE(file.error().message.find(wordOf(name)), std::string::npos) << file.error().message;
    return;
  }
  if (!facts.at("tensors").is_array()) return;
  ASSERT_EQ(file->tensors().size(), facts.at("tensors").size());
  for (std::size_t i = 0; i < file->tensors().size(); ++i) {
    const auto& tensor = file->tensors()[i];
    EXPECT_EQ(tensor.name, facts.at("tensors")[i][0].get<std::string>());
    EXPECT_EQ(tensor.dimensions, facts.at("tensors")[i][1].get<std::vector<std::uint64_t>>());
    EXPECT_EQ(tensor.format.name, facts.at("tensors")[i][2].get<std::string>());
    std::vector<float> numbers(tensor.count());
    EXPECT_TRUE(file->readValues(tensor, 0, numbers));
  }
  for (const auto& [key, value] : facts.at("fields").items()) {
    if (!key.starts_with("GGUF.")) {
      EXPECT_NE(file->metadata().find(key), nullptr) << key;
    }
  }
}

TEST(GgufBadList, NamesOnlyFilesThatAreThere) {
  std::set<std::string> names;
  for (const auto& file : badFiles()) names.insert(file.name);
  if (names.empty()) GTEST_SKIP() << "no vectors";
  for (const auto& [name, reason] : refusedOnPurpose()) EXPECT_TRUE(names.contains(name)) << name;
  for (const auto& [name, reason] : readOnPurpose()) EXPECT_TRUE(names.contains(name)) << name;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GgufBad);
INSTANTIATE_TEST_SUITE_P(Files, GgufBad, testing::ValuesIn(badFiles()),
                         [](const auto& shown) { return test::identifier(shown.param.name); });

}  // namespace
}  // namespace rosa::gguf
