// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/delta_manifest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "checkpoint/safetensors.h"
#include "engine/checkpoint/stored_tensors.h"
#include "support/process.h"

namespace rosa::checkpoint {
namespace {

class DeltaManifestTest : public testing::Test {
 protected:
  Expected<TextMap> described(const std::vector<StoredTensor>& tensors) {
    const auto path = folder_.path() / "a.safetensors";
    EXPECT_TRUE(writeSafetensors(realFiles(), path, toWrite(tensors), {}));
    const auto file = SafetensorsFile::open(realFiles(), path);
    EXPECT_TRUE(file);
    return describeTensors(*file);
  }
  static DeltaManifest sample() {
    DeltaManifest manifest;
    manifest.base = "mödel";
    manifest.baseSha256 = "ab";
    manifest.dtype = "bf16";
    manifest.baseTensors = {{"a", "F32 [2] 00"}};
    manifest.headers = {{"model.safetensors", "\x08header"}};
    manifest.sizes = {{"model.safetensors", "8"}};
    manifest.sha256 = {{"model.safetensors", "cd"}, {"additional_chat_templates/x.jinja", "ef"}};
    manifest.renamed = {{"b", "a"}};
    manifest.guesses = {{"b", "8 -31"}};
    return manifest;
  }
  static void refused(const DeltaManifest& manifest, const std::string& named) {
    const auto parsed = parseDeltaManifest(formatDeltaManifest(manifest), "x.safetensors");
    ASSERT_FALSE(parsed);
    expectPlainSentence(parsed.error().message, named);
  }
  test::TemporaryFolder folder_;
};

TEST_F(DeltaManifestTest, ReadsWhatItWrites) {
  const auto manifest = sample();
  const auto parsed = parseDeltaManifest(formatDeltaManifest(manifest), "x.safetensors");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->base, manifest.base);
  EXPECT_EQ(parsed->baseSha256, manifest.baseSha256);
  EXPECT_EQ(parsed->dtype, manifest.dtype);
  EXPECT_EQ(parsed->baseTensors, manifest.baseTensors);
  EXPECT_EQ(parsed->headers, manifest.headers);
  EXPECT_EQ(parsed->sizes, manifest.sizes);
  EXPECT_EQ(parsed->sha256, manifest.sha256);
  EXPECT_EQ(parsed->renamed, manifest.renamed);
  EXPECT_EQ(parsed->guesses, manifest.guesses);
}

TEST_F(DeltaManifestTest, DamageAndPathsThatLeadOutAreRefused) {
  for (const char* text : {"", "[]", "{}", R"({"base":1})"}) {
    const auto parsed = parseDeltaManifest(text, "x.safetensors");
    ASSERT_FALSE(parsed) << text;
    expectPlainSentence(parsed.error().message, "x.safetensors");
  }
  for (const char* path : {"../a", "/etc/a", "a/../../b", "C:a", ""}) {
    auto manifest = sample();
    manifest.sha256[path] = "00";
    refused(manifest, "leads out of the folder");
  }
  auto manifest = sample();
  manifest.headers["other.safetensors"] = "";
  refused(manifest, "other.safetensors");
  manifest.headers.clear();
  refused(manifest, "names no tensors");
}

TEST_F(DeltaManifestTest, NamesTheFirstTensorThatDiffers) {
  const StoredTensor a("a", Dtype::F32, {4, 2}, 1);
  const StoredTensor b("b", Dtype::BF16, {3}, 2);
  const auto wanted = described({a, b});
  ASSERT_TRUE(wanted);
  EXPECT_TRUE(wanted->at("a").starts_with("F32 [4, 2] ")) << wanted->at("a");
  const auto same = described({b, a});
  ASSERT_TRUE(same);
  EXPECT_EQ(firstDifference(*wanted, *same), "");
  EXPECT_EQ(contentHash(*wanted), contentHash(*same));
  const std::pair<std::vector<StoredTensor>, std::string> others[] = {
      {{a, {"b", Dtype::BF16, {3}, 3}}, "tensor \"b\" holds other numbers"},
      {{a, {"b", Dtype::F16, {3}, 2}}, "tensor \"b\" is F16 [3] and not BF16 [3]"},
      {{a}, "tensor \"b\" is missing"},
      {{a, b, {"c", Dtype::U8, {1}, 1}}, "tensor \"c\" is one more"}};
  for (const auto& [tensors, words] : others) {
    const auto there = described(tensors);
    ASSERT_TRUE(there);
    EXPECT_EQ(firstDifference(*wanted, *there), words);
    EXPECT_NE(contentHash(*wanted), contentHash(*there));
  }
}

}  // namespace
}  // namespace rosa::checkpoint
