// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "base/json.h"
#include "checkpoint/model_folder.h"
#include "engine/checkpoint/stored_tensors.h"
#include "support/bad_files.h"
#include "support/golden.h"

/// Odd and hostile files (golden/README-text.md, safetensors-bad), with the official library's verdict on each.
namespace rosa::checkpoint {
namespace {

using base::Json;
using test::BadFile;

/// Files that the official library takes and ours refuses on purpose, with the reason.
const std::map<std::string, std::string>& refusedOnPurpose() {
  static const std::map<std::string, std::string> kFiles = {
      {"header_text--starts_with_space.safetensors", "the format says that the header begins with {"},
      {"header_text--starts_with_newline.safetensors", "the format says that the header begins with {"},
      {"duplicate--duplicate_key_same.safetensors", "readers disagree about which of two equal keys counts"},
      {"duplicate--duplicate_metadata_inner_key.safetensors", "readers disagree about which of two equal keys counts"},
      {"fields--extra_field.safetensors", "the format knows three fields; another one may change what they mean"},
      {"fields--entry_array.safetensors", "an accident of the official parser, not of the format"},
      {"shape--many_dims.safetensors", "LibTorch holds at most 64 dimensions"},
      {"metadata--metadata_null.safetensors", "the format says that __metadata__ maps text to text"},
  };
  return kFiles;
}

fs::path badFolder() {
  return test::goldenDirectory() / "safetensors-bad";
}

std::vector<BadFile> badFiles() {
  return test::badFiles(badFolder());
}

class SafetensorsBad : public testing::TestWithParam<BadFile> {
 protected:
  fs::path path_ = badFolder() / GetParam().name;
};

/// The tensors, the metadata, and all data: the entries in their order are exactly the end of the file.
void expectAccepted(const SafetensorsFile& file, const Json& facts) {
  EXPECT_EQ(file.entries().size(), facts.at("tensors").size());
  std::string data;
  for (const auto* entry : file.entries()) {
    ASSERT_TRUE(facts.at("tensors").contains(entry->name)) << entry->name;
    const auto& expected = facts.at("tensors").at(entry->name);
    EXPECT_EQ(dtypeName(entry->dtype), expected.at(0).get<std::string>()) << entry->name;
    EXPECT_EQ(entry->shape, expected.at(1).get<std::vector<std::int64_t>>()) << entry->name;
    EXPECT_EQ(entry->bytes(), expected.at(2).get<std::uint64_t>()) << entry->name;
    for (const auto byte : dataOf(file, *entry)) data += static_cast<char>(byte);
  }
  EXPECT_TRUE(readText(file.path()).ends_with(data));

  const auto& metadata = facts.at("safe_open").at("metadata");
  EXPECT_EQ(file.metadata().size(), metadata.is_null() ? 0 : metadata.size());
  for (const auto& [key, value] : file.metadata()) EXPECT_EQ(metadata.at(key), value);
}

TEST_P(SafetensorsBad, IsRefusedWithASentenceOrReadAsTheOfficialLibraryDoes) {
  const auto file = SafetensorsFile::open(realFiles(), path_);
  const bool official = GetParam().facts.at("official") == "accepts";
  if (official && !refusedOnPurpose().contains(GetParam().name)) {
    ASSERT_TRUE(file) << file.error().message;
    expectAccepted(*file, GetParam().facts);
  } else {
    ASSERT_FALSE(file) << "was read";
    expectPlainSentence(file.error().message, GetParam().name);
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SafetensorsBad);
INSTANTIATE_TEST_SUITE_P(Golden, SafetensorsBad, testing::ValuesIn(badFiles()),
                         [](const auto& tested) { return test::identifier(tested.param.name); });

struct IndexCase {
  std::string folder;
  std::string expected;
  friend void PrintTo(const IndexCase& shown, std::ostream* out) { *out << shown.folder; }
};

std::vector<IndexCase> indexCases() {
  std::vector<IndexCase> cases;
  for (const auto& facts : test::jsonLines(badFolder() / "index" / "manifest.jsonl")) {
    cases.push_back({facts.at("dir"), facts.at("expect")});
  }
  return cases;
}

class ShardIndexBad : public testing::TestWithParam<IndexCase> {};

/// `expect` begins with accept, reject or "either"; where a reader may choose, ours refuses what is inconsistent.
TEST_P(ShardIndexBad, IsRefusedOrGivesTheTensorsOfTheSoundModel) {
  const auto folder = badFolder() / "index" / GetParam().folder;
  const auto model = ModelFolder::open(realFiles(), folder);
  if (GetParam().expected.starts_with("reject")) {
    ASSERT_FALSE(model) << "was read, expected: " << GetParam().expected;
    expectPlainSentence(model.error().message, folder.string());
    return;
  }
  ASSERT_TRUE(model) << model.error().message;
  const auto good = ModelFolder::open(realFiles(), badFolder() / "index" / "good");
  if (!good) GTEST_SKIP() << "no sound model to compare with: " << good.error().message;
  EXPECT_EQ(model->entries().size(), good->entries().size());
  const bool doubled = GetParam().expected.find("values doubled") != std::string::npos;
  for (const auto* entry : good->entries()) {
    const auto* same = model->find(entry->name);
    ASSERT_NE(same, nullptr) << entry->name;
    EXPECT_EQ(same->shape, entry->shape);
    EXPECT_EQ(dataOf(*model, *same) == dataOf(*good, *entry), !doubled) << entry->name;
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ShardIndexBad);
INSTANTIATE_TEST_SUITE_P(Golden, ShardIndexBad, testing::ValuesIn(indexCases()),
                         [](const auto& tested) { return test::identifier(tested.param.folder); });

TEST(SafetensorsBadFolder, HoldsHostileAndSoundFiles) {
  int hostile = 0;
  int sound = 0;
  for (const auto& file : badFiles()) ++(file.facts.at("official") == "accepts" ? sound : hostile);
  if (hostile + sound == 0) GTEST_SKIP() << "no " << badFolder() / "manifest.jsonl";
  EXPECT_GT(hostile, 0);
  EXPECT_GT(sound, 0);
}

}  // namespace
}  // namespace rosa::checkpoint
