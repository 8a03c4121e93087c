// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/pre_tokenizer_name.h"

#include <gtest/gtest.h>

namespace rosa::convert {
namespace {

std::string nameOf(const char* json, bool ignoresMerges = false) {
  const auto name = preTokenizerName(base::Json::parse(json), ignoresMerges);
  EXPECT_TRUE(name) << name.error().message;
  return name->value_or("none");
}

// As published tokenizers spell theirs.
constexpr const char* kGpt2 = R"({"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true})";
constexpr const char* kSmol = R"({"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},
  {"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}]})";
constexpr const char* kQwen2 = R"({"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},
  "behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]})";
constexpr const char* kLlama3 = R"({"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},
  "behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]})";

TEST(PreTokenizerName, IsFoundByWhatItDoes) {
  EXPECT_EQ(nameOf(kGpt2), "gpt-2");
  EXPECT_EQ(nameOf(kSmol), "smollm");
  EXPECT_EQ(nameOf(kQwen2), "qwen2");
  EXPECT_EQ(nameOf(kLlama3, true), "llama-bpe");
  EXPECT_EQ(nameOf(kLlama3, false), "smaug-bpe") << "llama-bpe would take whole words without merging";
}

TEST(PreTokenizerName, AnotherCutHasNone) {
  EXPECT_EQ(nameOf(R"({"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false})"), "none");
  EXPECT_EQ(nameOf(kGpt2, true), "none") << "no name has GPT-2's words and ignores merges";
}

}  // namespace
}  // namespace rosa::convert
