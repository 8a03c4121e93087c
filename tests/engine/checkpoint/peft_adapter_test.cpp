// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/peft_adapter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
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

// A recipe's list for several architectures; PEFT asks that one entry is there.
TEST_F(PeftAdapterTest, TargetsThatAreNowhereAreNoFault) {
  const std::string config =
      R"({"peft_type": "LORA", "r": 2, "target_modules": ["q_proj", "query_key_value", "c_attn", "Wqkv"]})";
  const auto adapter = PeftAdapter::open(realFiles(), write(config, loraTensors()));
  ASSERT_TRUE(adapter) << adapter.error().message;
  EXPECT_EQ(adapter->layers().size(), 1U);
}

TEST_F(PeftAdapterTest, TheTensorsRankCountsWhereSavingSortedThePatterns) {
  const std::string config = R"({"peft_type": "LORA", "r": 8, "lora_alpha": 6, "target_modules": ["c_attn"],
      "rank_pattern": {"attn.c_attn": 3, "c_attn": 2}})";
  const auto adapter = PeftAdapter::open(realFiles(), write(config, loraTensors()));
  ASSERT_TRUE(adapter) << adapter.error().message;
  EXPECT_EQ(adapter->layers().front().rank, 2);
  EXPECT_EQ(adapter->layers().front().scale, 3);
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
  expectSays(with(R"(, "num_virtual_tokens": 3, "prefix_projection": true)"),
             {"prefix_projection is true", "not built", "write false"});
  expectSays(with(R"(, "num_virtual_tokens": 3, "num_transformer_submodules": 2)"),
             {"num_transformer_submodules is 2", "not built"});
  expectSays(write(kPrompt, {{"base_model.score.weight", Dtype::F32, {2, 8}}}),
             {"no prompt_embeddings", "PROMPT_TUNING"});
  expectSays(write(kPrompt, {{kPeftVirtualTokens, Dtype::F32, {3}}}), {"[3]", "num_virtual_tokens"});
  expectSays(write(kPrompt, {{kPeftVirtualTokens, Dtype::I64, {3, 8}}}), {"prompt_embeddings", "int64"});
  expectSays(write(kPrompt, {{kPeftVirtualTokens, Dtype::F32, {3, 8}}, {"score.weight", Dtype::F32, {2, 8}}}),
             {"score.weight", "base_model."});
}

// Right values of the next tests: PEFT 0.21.2 on the same settings and names.
TEST(PeftConfig, PatternsFitAWholeNameOrItsEnd) {
  PeftConfig config;
  config.rank = 4;
  config.alpha = 8;
  config.rankPattern = {{"layers.1.q_proj", 2}, {"^model.layers.0.q_proj$", 3}};
  config.alphaPattern = {{"q_proj", 20}};
  EXPECT_EQ(*config.rankOf("model.layers.1.q_proj"), 2);
  EXPECT_EQ(*config.rankOf("model.layers.0.q_proj"), 3);
  EXPECT_EQ(*config.rankOf("deep.model.layers.0.q_proj"), 4);
  EXPECT_EQ(*config.rankOf("model.layers.11.q_proj"), 4);
  EXPECT_EQ(*config.scaleOf("model.layers.1.q_proj", 2), 10);
  EXPECT_EQ(*config.scaleOf("model.layers.1.xq_proj", 4), 2);
  config.rslora = true;
  EXPECT_EQ(*config.scaleOf("model.layers.1.q_proj", 4), 10);
}

TEST(PeftConfig, PatternsAreRegularExpressionsAndTheFirstThatFitsCounts) {
  PeftConfig config;
  config.rank = 4;
  config.rankPattern = {{R"(.*\.(0|1)\.self_attn\..*)", 2},
                        {"q_proj|v_proj", 6},
                        {R"(layers\.\d\.mlp\.up_proj)", 5},
                        {"^layers.3.mlp.down_proj", 7},
                        {"1.mlp.down_proj", 8}};
  EXPECT_EQ(*config.rankOf("model.layers.1.self_attn.q_proj"), 2);
  EXPECT_EQ(*config.rankOf("model.layers.11.self_attn.q_proj"), 6);
  EXPECT_EQ(*config.rankOf("model.layers.3.mlp.up_proj"), 5);
  EXPECT_EQ(*config.rankOf("model.layers.13.mlp.up_proj"), 4) << "one digit";
  EXPECT_EQ(*config.rankOf("model.layers.3.mlp.down_proj"), 4) << "^ is the start of the whole name";
  EXPECT_EQ(*config.rankOf("model.layers.1.mlp.down_proj"), 8);
  EXPECT_EQ(*config.rankOf("model.layers.11.mlp.down_proj"), 4) << "after a dot or at the start";
  config.rankPattern = {{"layers.1.self_attn.q_proj", 2}, {"q_proj", 6}};
  EXPECT_TRUE(*config.canHaveRank("model.layers.1.self_attn.q_proj", 6)) << "saving sorted them";
  EXPECT_FALSE(*config.canHaveRank("model.layers.1.self_attn.q_proj", 4));
  EXPECT_FALSE(*config.canHaveRank("model.layers.2.self_attn.q_proj", 2));
  EXPECT_TRUE(*config.canHaveRank("model.layers.2.self_attn.v_proj", 4));
}

PeftConfig parsed(const std::string& more) {
  const auto json = base::parseJson(R"({"peft_type": "LORA", "r": 2, )" + more + "}", "text");
  EXPECT_TRUE(json) << json.error().message;
  const auto config = parsePeftConfig(*json, "text");
  EXPECT_TRUE(config) << config.error().message;
  return config ? *config : PeftConfig();
}

TEST(PeftConfig, TargetsAreEndsOfNamesOrOneExpressionForTheWholeName) {
  const auto list = parsed(R"("target_modules": ["q_proj", "query_key_value", "mlp.up_proj"])");
  EXPECT_TRUE(*list.targets("model.layers.0.self_attn.q_proj"));
  EXPECT_TRUE(*list.targets("model.layers.0.mlp.up_proj"));
  EXPECT_FALSE(*list.targets("model.layers.0.other_mlp.up_proj"));
  EXPECT_FALSE(*list.targets("model.layers.0.self_attn.xq_proj"));
  const auto whole = parsed(R"("target_modules": ".*self_attn.*(q|v)_proj$")");
  EXPECT_TRUE(*whole.targets("model.layers.0.self_attn.v_proj"));
  EXPECT_FALSE(*whole.targets("model.layers.0.self_attn.k_proj"));
  EXPECT_FALSE(*parsed(R"("target_modules": "c_attn")").targets("transformer.h.0.attn.c_attn")) << "not its end";
  EXPECT_TRUE(*parsed(R"("target_modules": "all-linear")").targets("anything"));
  EXPECT_TRUE(*parsed(R"("task_type": "CAUSAL_LM")").targets("anything"));
}

TEST(PeftConfig, ExcludedModulesAndOtherLayersAreNoTargets) {
  const auto list = parsed(R"("target_modules": ["c_attn", "c_proj"], "exclude_modules": ["c_proj"])");
  EXPECT_TRUE(*list.targets("transformer.h.0.attn.c_attn"));
  EXPECT_FALSE(*list.targets("transformer.h.0.mlp.c_proj"));
  const auto whole = parsed(R"("target_modules": ["c_attn", "c_proj"], "exclude_modules": "c_proj")");
  EXPECT_TRUE(*whole.targets("transformer.h.0.mlp.c_proj")) << "an expression must fit the whole name";
  EXPECT_FALSE(*parsed(R"("target_modules": ["c_proj"], "exclude_modules": ".*c_proj")").targets("h.0.c_proj"));

  const auto some = parsed(R"("target_modules": ["q_proj"], "layers_to_transform": [1, 3])");
  EXPECT_TRUE(*some.targets("model.layers.1.self_attn.q_proj"));
  EXPECT_FALSE(*some.targets("model.layers.2.self_attn.q_proj"));
  EXPECT_FALSE(*some.targets("model.layers.13.self_attn.q_proj"));
  EXPECT_TRUE(*some.targets("model.layers.1.experts.2.q_proj")) << "the first number counts";
  const auto one = parsed(R"("target_modules": ["q_proj"], "layers_to_transform": 0, "layers_pattern": "h")");
  EXPECT_TRUE(*one.targets("transformer.h.0.q_proj"));
  EXPECT_FALSE(*one.targets("transformer.h.1.q_proj"));
  EXPECT_FALSE(*one.targets("model.layers.0.q_proj"));
}

TEST(PeftConfig, RowsOfTokenTablesAreReadInBothForms) {
  const auto read = [](const std::string& rows) {
    return parsePeftConfig(*base::parseJson(R"({"peft_type": "LORA", "trainable_token_indices": )" + rows + "}", "f"),
                           "adapter_config.json");
  };
  const auto list = read("[3, 1]");
  ASSERT_TRUE(list);
  ASSERT_NE(list->rowsOf("model.embed_tokens"), nullptr);
  EXPECT_EQ(*list->rowsOf("model.embed_tokens"), (std::vector<std::int64_t>{3, 1}));
  const auto tables = read(R"({"embed_tokens": [3], "lm_head": [3, 4]})");
  ASSERT_TRUE(tables);
  EXPECT_EQ(tables->rowsOf("lm_head")->size(), 2U);
  EXPECT_EQ(tables->rowsOf("transformer.wte"), nullptr);
  for (const char* wrong : {"7", "[1.5]", "[-1]", "[1, 1]", R"({"lm_head": 3})", R"(["a"])"}) {
    const auto refused = read(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_NE(refused.error().message.find("trainable_token_indices"), std::string::npos);
  }
  PeftConfig made;
  made.tokenRows = {{"model.embed_tokens", {2, 5}}};
  const auto again = parsePeftConfig(*base::parseJson(formatPeftConfig(made), "f"), "f");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->tokenRows, made.tokenRows);
}

TEST(PeftConfig, EveryKeyIsObeyedHarmlessOrRefusedByName) {
  const auto said = [](const std::string& kind, const std::string& more) {
    const std::string count = kind.ends_with("TUNING") ? "\"num_virtual_tokens\": 3, " : "";
    const auto json = base::parseJson("{\"peft_type\": \"" + kind + "\", " + count + more + "}", "f");
    const auto config = parsePeftConfig(*json, "adapter_config.json");
    return config ? std::string() : config.error().message;
  };
  for (const char* key :
       {"alora_invocation_tokens", "arrow_config", "kasa_config", "layer_replication", "megatron_config",
        "monteclora_config", "target_parameters", "use_bdlora", "velora_config", "a_key_of_the_future"}) {
    const auto text = said("LORA", std::string("\"") + key + "\": [3, 4]");
    EXPECT_NE(text.find(key), std::string::npos) << text;
    EXPECT_NE(text.find("[3,4]"), std::string::npos) << text;
    for (const char* off : {"null", "false", "[]", "{}", "\"\""}) {
      if (std::string(key) == "a_key_of_the_future" || off == std::string("null")) {
        EXPECT_EQ(said("LORA", std::string("\"") + key + "\": " + off), "");
      }
    }
  }
  for (const char* key : {"lora_bias", "use_qalora"}) {
    EXPECT_NE(said("LORA", std::string("\"") + key + "\": true").find(key), std::string::npos) << key;
  }
  // What training alone reads.
  EXPECT_EQ(said("LORA", R"("lora_dropout": 0.3, "inference_mode": true, "megatron_core": "megatron.core",
      "qalora_group_size": 16, "peft_version": "0.99", "revision": "main", "eva_config": {"rho": 2.0},
      "corda_config": {"a": 1}, "lora_ga_config": {"a": 1}, "auto_mapping": {"parent_library": "x"},
      "runtime_config": {"ephemeral_gpu_offload": true})"),
            "");
  EXPECT_NE(said("IA3", R"("use_dora": true)").find("use_dora"), std::string::npos) << "not a key of IA3";
  EXPECT_EQ(said("PROMPT_TUNING", R"("prompt_tuning_init": "TEXT", "prompt_tuning_init_text": "so",
      "tokenizer_name_or_path": "t", "tokenizer_kwargs": {"a": 1}, "num_transformer_submodules": 1)"),
            "");
}

TEST(PeftConfig, AStartThatTheFolderDoesNotTellIsRefusedWithTheWayOut) {
  for (const char* plain : {"true", "false", R"("gaussian")", R"("eva")", R"("orthogonal")", R"("mica")"}) {
    EXPECT_EQ(parsed(std::string(R"("init_lora_weights": )") + plain).init, LoraInit::Plain) << plain;
  }
  EXPECT_EQ(parsed(R"("init_lora_weights": "pissa")").init, LoraInit::Pissa);
  EXPECT_EQ(parsed(R"("init_lora_weights": "OLoRA")").init, LoraInit::Olora);
  const std::map<std::string, std::string> refused = {{"pissa_niter_16", "path_initial_model_for_weight_conversion"},
                                                      {"corda", "path_initial_model_for_weight_conversion"},
                                                      {"lora_ga", "path_initial_model_for_weight_conversion"},
                                                      {"loftq", "merge_and_unload"},
                                                      {"PISSA", "does not know"}};
  for (const auto& [init, way] : refused) {
    const auto json = base::parseJson(R"({"peft_type": "LORA", "init_lora_weights": ")" + init + "\"}", "f");
    const auto config = parsePeftConfig(*json, "adapter_config.json");
    ASSERT_FALSE(config) << init;
    for (const auto& part : {std::string("init_lora_weights"), init, way}) {
      EXPECT_NE(config.error().message.find(part), std::string::npos) << config.error().message;
    }
  }
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
  expectSays(with(R"("alpha_pattern": {"(a+": 4})"), {"alpha_pattern", "(a+", "regular expression", "mend"});
  expectSays(with(R"("use_qalora": true)"), {"use_qalora is true, which is not built"});
  expectSays(with(R"("layer_replication": [[0, 1]])"), {"layer_replication is [[0,1]], which is not built"});
  expectSays(with(R"("layers_to_transform": "1")"), {"layers_to_transform", "whole number"});
  expectSays(with(R"("exclude_modules": "(")"), {"exclude_modules", "regular expression"});
  expectSays(with(R"("init_lora_weights": 3)"), {"init_lora_weights", "true, false"});
  expectSays(write(R"({"peft_type": "LORA", "r": -1})", loraTensors()), {": r is not", "above 0"});
}

TEST_F(PeftAdapterTest, NamesTheTensorThatDoesNotFit) {
  auto tensors = loraTensors();
  tensors.pop_back();
  expectSays(write(kLora, tensors),
             {"adapter_model.safetensors", "transformer.h.0.attn.c_attn", "both lora_A and lora_B"});
  expectSays(
      write(kLora, {{named(".lora_A.weight"), Dtype::F32, {2, 8}}, {named(".lora_B.weight"), Dtype::F32, {24, 3}}}),
      {"[2, 8]", "[24, 3]"});
  expectSays(write(R"({"peft_type": "LORA", "r": 4})", loraTensors()), {"rank 2", "says 4"});
  expectSays(write(R"({"peft_type": "LORA", "r": 2, "use_dora": true})", loraTensors()), {"lora_magnitude_vector"});
  expectSays(write(R"({"peft_type": "LORA", "r": 2, "target_modules": ["c_proj"]})", loraTensors()),
             {"c_attn", "target_modules", "leave out"});
  expectSays(write(kLora, {{"transformer.h.0.lora_A.weight", Dtype::F32, {2, 8}}}), {"base_model.model."});
  expectSays(write(kLora, {{named(".lora_embedding_A"), Dtype::F32, {2, 8}}}),
             {"lora_embedding_A", "not built", "tied"});
  expectSays(write(kLora, {{named(".lora_A.weight"), Dtype::I64, {2, 8}}}), {"lora_A", "int64"});
  expectSays(write(kLora, {{"base_model.model.score.weight", Dtype::F32, {2, 8}}}),
             {"none of its tensors adapts a layer"});
  const std::string ia3 = R"({"peft_type": "IA3", "target_modules": ["c_attn"]})";
  expectSays(write(ia3, loraTensors()), {"tensors of LoRA", "IA3"});
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
