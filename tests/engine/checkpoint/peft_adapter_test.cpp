// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/peft_adapter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "engine/checkpoint/stored_tensors.h"
#include "support/process.h"

namespace rosa::checkpoint {
namespace {

constexpr const char* kLayer = "base_model.model.transformer.h.0.attn.c_attn";

std::string named(const std::string& ending, const std::string& layer = kLayer) {
  return layer + ending;
}

class PeftAdapterTest : public testing::Test {
 protected:
  /// A folder with this config and these tensors.
  fs::path write(const std::string& config, const std::vector<StoredTensor>& tensors) {
    const auto folder = folder_.path() / std::to_string(count_++);
    fs::create_directory(folder);
    if (!config.empty()) writeText(folder / "adapter_config.json", config);
    const auto list = toWrite(tensors);
    EXPECT_TRUE(writeSafetensors(realFiles(), folder / "adapter_model.safetensors", list, {{"format", "pt"}}));
    return folder;
  }
  static std::string problem(const fs::path& folder) {
    const auto adapter = PeftAdapter::open(realFiles(), folder);
    EXPECT_FALSE(adapter) << folder;
    return adapter ? "" : adapter.error().message;
  }
  static void expectSays(const fs::path& folder, const std::vector<std::string>& parts) {
    const auto text = problem(folder);
    for (const auto& part : parts) EXPECT_NE(text.find(part), std::string::npos) << "no '" << part << "' in: " << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  }

  test::TemporaryFolder folder_;
  int count_ = 0;
};

const std::string kLora = R"({"peft_type": "LORA", "r": 2, "lora_alpha": 6, "target_modules": ["c_attn"]})";

std::vector<StoredTensor> loraTensors() {
  return {{named(".lora_A.weight"), Dtype::F32, {2, 8}}, {named(".lora_B.weight"), Dtype::F32, {24, 2}}};
}

TEST_F(PeftAdapterTest, ReadsRankScaleAndSavedTensors) {
  auto tensors = loraTensors();
  tensors.emplace_back("base_model.model.score.weight", Dtype::F32, std::vector<std::int64_t>{6, 8});
  tensors.emplace_back(named(".base_layer.bias"), Dtype::F32, std::vector<std::int64_t>{24});
  const auto adapter = PeftAdapter::open(realFiles(), write(kLora, tensors));
  ASSERT_TRUE(adapter) << adapter.error().message;
  ASSERT_EQ(adapter->layers().size(), 1U);
  const auto& layer = adapter->layers().front();
  EXPECT_EQ(layer.module, "transformer.h.0.attn.c_attn");
  EXPECT_EQ(layer.rank, 2);
  EXPECT_EQ(layer.scale, 3);
  ASSERT_EQ(adapter->saved().size(), 2U);
  std::vector<std::string> names;
  for (const auto& saved : adapter->saved()) names.push_back(saved.name);
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{"score.weight", "transformer.h.0.attn.c_attn.bias"}));
}

TEST_F(PeftAdapterTest, ReadsTheSpellingsOfOtherReleases) {
  const std::string config = R"({"peft_type": "LORA", "r": 2, "use_dora": true, "target_modules": "all-linear"})";
  const auto adapter = PeftAdapter::open(
      realFiles(), write(config, {{named(".lora_A.default.weight"), Dtype::F16, {2, 8}},
                                  {named(".lora_B.default.weight"), Dtype::F16, {24, 2}},
                                  {named(".lora_magnitude_vector.weight"), Dtype::F16, {24}},
                                  {"base_model.model.score.modules_to_save.default.weight", Dtype::F16, {2, 8}}}));
  ASSERT_TRUE(adapter) << adapter.error().message;
  EXPECT_EQ(adapter->config().targetPattern, "all-linear");
  EXPECT_NE(adapter->layers().front().magnitude, nullptr);
  EXPECT_EQ(adapter->saved().front().name, "score.weight");
}

const std::string kPrompt = R"({"peft_type": "PROMPT_TUNING", "num_virtual_tokens": 3, "token_dim": 8})";

TEST_F(PeftAdapterTest, ReadsVirtualTokensAndWhatIsSavedBeside) {
  const auto adapter = PeftAdapter::open(
      realFiles(), write(kPrompt, {{kPeftVirtualTokens, Dtype::F32, {3, 8}},
                                   {"base_model.classifier.dense.bias", Dtype::F32, {8}},
                                   {"base_model.score.modules_to_save.default.weight", Dtype::F32, {2, 8}}}));
  ASSERT_TRUE(adapter) << adapter.error().message;
  EXPECT_EQ(adapter->config().kind, PeftKind::Prompt);
  EXPECT_EQ(adapter->config().virtualTokens, 3);
  ASSERT_NE(adapter->virtualTokens(), nullptr);
  EXPECT_EQ(adapter->virtualTokens()->shape, (std::vector<std::int64_t>{3, 8}));
  EXPECT_TRUE(adapter->layers().empty());
  std::vector<std::string> names;
  for (const auto& saved : adapter->saved()) names.push_back(saved.name);
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{"classifier.dense.bias", "score.weight"}));
  EXPECT_EQ(peftNameBesideVirtual("score.weight"), "base_model.score.weight");
}

TEST_F(PeftAdapterTest, NamesWhatIsWrongWithVirtualTokens) {
  const std::vector<StoredTensor> three = {{kPeftVirtualTokens, Dtype::F32, {3, 8}}};
  const auto with = [&](const std::string& more) {
    return write(R"({"peft_type": "PREFIX_TUNING")" + more + "}", three);
  };
  expectSays(with(""), {"adapter_config.json", "num_virtual_tokens is not there"});
  expectSays(with(R"(, "num_virtual_tokens": 0)"), {"num_virtual_tokens is not", "above 0"});
  expectSays(with(R"(, "num_virtual_tokens": 4)"), {"adapter_model.safetensors", "[3, 8]", "num_virtual_tokens", "4"});
  expectSays(with(R"(, "num_virtual_tokens": 3, "prefix_projection": true)"), {"prefix_projection is not built"});
  expectSays(write(kPrompt, {{"base_model.score.weight", Dtype::F32, {2, 8}}}),
             {"no prompt_embeddings", "PROMPT_TUNING"});
  expectSays(write(kPrompt, {{kPeftVirtualTokens, Dtype::F32, {3}}}), {"[3]", "num_virtual_tokens"});
  expectSays(write(kPrompt, {{kPeftVirtualTokens, Dtype::I64, {3, 8}}}), {"prompt_embeddings", "int64"});
  expectSays(write(kPrompt, {{kPeftVirtualTokens, Dtype::F32, {3, 8}}, {"score.weight", Dtype::F32, {2, 8}}}),
             {"score.weight", "base_model."});
}

TEST(PeftConfig, PatternsFitAWholeNameOrItsEnd) {
  PeftConfig config;
  config.rank = 4;
  config.alpha = 8;
  config.rankPattern = {{"layers.1.q_proj", 2}, {"^model.layers.0.q_proj$", 3}};
  config.alphaPattern = {{"q_proj", 20}};
  EXPECT_EQ(config.rankOf("model.layers.1.q_proj"), 2);
  EXPECT_EQ(config.rankOf("model.layers.0.q_proj"), 3);
  EXPECT_EQ(config.rankOf("deep.model.layers.0.q_proj"), 4);
  EXPECT_EQ(config.rankOf("model.layers.11.q_proj"), 4);
  EXPECT_EQ(config.scaleOf("model.layers.1.q_proj", 2), 10);
  EXPECT_EQ(config.scaleOf("model.layers.1.xq_proj", 4), 2);
  config.rslora = true;
  EXPECT_EQ(config.scaleOf("model.layers.1.q_proj", 4), 10);
}

TEST_F(PeftAdapterTest, NamesTheFileThatIsMissing) {
  expectSays(folder_.path(), {"adapter_config.json", "Choose the folder"});
  const auto folder = write(kLora, loraTensors());
  fs::remove(folder / "adapter_model.safetensors");
  writeText(folder / "adapter_model.bin", "x");
  expectSays(folder, {"adapter_model.safetensors", "pickle", "save_pretrained"});
}

TEST_F(PeftAdapterTest, NamesTheKeyThatCannotBeUsed) {
  const auto with = [&](const std::string& more) {
    return write(R"({"peft_type": "LORA", "r": 2, "target_modules": ["c_attn"], )" + more + "}", loraTensors());
  };
  expectSays(write(R"({"peft_type": "LOHA"})", loraTensors()),
             {"adapter_config.json", "LOHA", "LORA, IA3, PROMPT_TUNING, PREFIX_TUNING"});
  expectSays(write(R"({"r": 2})", loraTensors()), {"peft_type is missing"});
  expectSays(write("[1]", loraTensors()), {"holds no object"});
  expectSays(with(R"("bias": "some")"), {"bias", "lora_only"});
  expectSays(with(R"("lora_alpha": "8")"), {"lora_alpha", "a number"});
  expectSays(with(R"("use_dora": 1)"), {"use_dora", "true or false"});
  expectSays(with(R"("rank_pattern": {"c_attn": 0})"), {"rank_pattern", "above 0"});
  expectSays(with(R"("alpha_pattern": {"(a+)+": 4})"), {"alpha_pattern", "(a+)+", "regular expression"});
  expectSays(with(R"("use_qalora": true)"), {"use_qalora is not built"});
  expectSays(with(R"("layer_replication": [[0, 1]])"), {"layer_replication is not built"});
  expectSays(write(R"({"peft_type": "LORA", "r": -1})", loraTensors()), {": r is not", "above 0"});
}

TEST_F(PeftAdapterTest, NamesTheTensorThatDoesNotFit) {
  auto tensors = loraTensors();
  tensors.pop_back();
  expectSays(write(kLora, tensors), {"adapter_model.safetensors", "transformer.h.0.attn.c_attn", "lacks lora_A or"});
  expectSays(
      write(kLora, {{named(".lora_A.weight"), Dtype::F32, {2, 8}}, {named(".lora_B.weight"), Dtype::F32, {24, 3}}}),
      {"[2, 8]", "[24, 3]"});
  expectSays(write(R"({"peft_type": "LORA", "r": 4})", loraTensors()), {"rank 2", "says 4"});
  expectSays(write(R"({"peft_type": "LORA", "r": 2, "use_dora": true})", loraTensors()), {"lora_magnitude_vector"});
  expectSays(write(R"({"peft_type": "LORA", "r": 2, "target_modules": ["c_attn", "c_proj"]})", loraTensors()),
             {"c_proj", "target_modules"});
  expectSays(write(kLora, {{"transformer.h.0.lora_A.weight", Dtype::F32, {2, 8}}}), {"base_model.model."});
  expectSays(write(kLora, {{named(".lora_embedding_A"), Dtype::F32, {2, 8}}}), {"lora_embedding_A", "not built"});
  expectSays(write(kLora, {{named(".lora_A.weight"), Dtype::I64, {2, 8}}}), {"lora_A", "int64"});
  expectSays(write(kLora, {{"base_model.model.score.weight", Dtype::F32, {2, 8}}}), {"adapts no layer"});
  const std::string ia3 = R"({"peft_type": "IA3", "target_modules": ["c_attn"]})";
  expectSays(write(ia3, loraTensors()), {"other tensors than ia3_l"});
  expectSays(write(ia3, {{named(".ia3_l"), Dtype::F32, {24, 2}}}), {"ia3_l", "[24, 2]"});
}

/// Of a file written anew: all keys in order, and read back to the same.
base::Json written(const PeftConfig& config) {
  const auto text = formatPeftConfig(config);
  const auto parsed = base::parseJson(text, "text");
  EXPECT_TRUE(parsed);
  std::string last;
  for (const auto& [key, value] : parsed->items()) {
    EXPECT_LT(last, key);
    last = key;
  }
  const auto again = parsePeftConfig(*parsed, "text");
  EXPECT_TRUE(again) << again.error().message;
  EXPECT_EQ(formatPeftConfig(*again), text);
  return *parsed;
}

TEST(PeftConfig, AModuleIsSavedWithTheOneThatHoldsIt) {
  PeftConfig config;
  config.modulesToSave = {"classifier"};
  for (const char* module : {"classifier.dense", "classifier", "classifiers", "norm", "norm"})
    config.saveModule(module);
  EXPECT_EQ(config.modulesToSave, (std::vector<std::string>{"classifier", "classifiers", "norm"}));
}

TEST(PeftConfig, ANewFileHasAllOfPeftsKeysInOrder) {
  PeftConfig config;
  config.baseModel = "base";
  config.targetModules = {"q_proj"};
  config.alpha = 2.5;
  const auto json = written(config);
  EXPECT_EQ(json.size(), 41U);
  EXPECT_EQ(json.at("peft_type"), "LORA");
  EXPECT_EQ(json.at("lora_alpha"), 2.5);
  EXPECT_EQ(json.at("inference_mode"), true);
}

TEST(PeftConfig, ANewFileOfVirtualTokensNamesTheirModelsShape) {
  for (const auto kind : {PeftKind::Prompt, PeftKind::Prefix}) {
    PeftConfig config;
    config.kind = kind;
    config.virtualTokens = 6;
    config.layers = 2;
    config.heads = 4;
    config.width = 64;
    const auto json = written(config);
    EXPECT_EQ(json.at("peft_type"), peftType(kind));
    EXPECT_EQ(json.at("num_virtual_tokens"), 6);
    EXPECT_EQ(json.at("num_layers"), 2);
    EXPECT_EQ(json.at("num_attention_heads"), 4);
    EXPECT_EQ(json.at("token_dim"), 64);
    EXPECT_EQ(json.size(), kind == PeftKind::Prefix ? 16U : 17U);
    EXPECT_EQ(json.contains("prefix_projection"), kind == PeftKind::Prefix);
    if (kind == PeftKind::Prefix) {
      EXPECT_EQ(json.at("encoder_hidden_size"), 64);
    }
    EXPECT_FALSE(json.contains("target_modules"));
  }
}

}  // namespace
}  // namespace rosa::checkpoint
