// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/model_config.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/tiny_models.h"

namespace rosa::model {
namespace {

using test::Json;

std::string refusalIn(const Json& json) {
  const auto config = parseModelConfig(json, "m/config.json");
  return config ? "" : config.error().message;
}

struct Mistake {
  test::Family family;
  const char* key;
  Json value;
  const char* sentence;  ///< part of it
};

const std::vector<Mistake>& mistakes() {
  static const std::vector<Mistake> all = {
      {test::Family::Llama, "vocab_size", nullptr, "'vocab_size' is missing"},
      {test::Family::Llama, "hidden_size", nullptr, "'hidden_size' is missing"},
      {test::Family::Bert, "num_hidden_layers", nullptr, "'num_hidden_layers' is missing"},
      {test::Family::Llama, "hidden_size", -16, "'hidden_size' is -16, outside 1 to"},
      {test::Family::Llama, "hidden_size", 0, "'hidden_size' is 0, outside 1 to"},
      {test::Family::Gpt2, "n_layer", 1'000'000, "'n_layer' is 1000000, outside 1 to 1024"},
      {test::Family::Gpt2, "vocab_size", std::uint64_t{1} << 63, "'vocab_size' is 9223372036854775808, outside"},
      {test::Family::Roberta, "vocab_size", "50", "'vocab_size' is \"50\" where a whole number belongs"},
      {test::Family::Roberta, "vocab_size", 50.5, "'vocab_size' is 50.5 where a whole number belongs"},
      {test::Family::Llama, "num_attention_heads", 3, "'num_attention_heads' is 3, which does not divide the width 16"},
      {test::Family::Gpt2, "n_head", 5, "'n_head' is 5, which does not divide the width 16"},
      {test::Family::Llama, "num_key_value_heads", 3, "'num_key_value_heads' is 3, which does not divide the 4 heads"},
      {test::Family::Llama, "head_dim", 5, "'head_dim' is 5; rotary embeddings need an even number"},
      {test::Family::Llama, "head_dim", 1 << 24, "'head_dim' is 16777216, too large for 4 heads"},
      {test::Family::Llama, "rms_norm_eps", "small", "'rms_norm_eps' is \"small\" where a number belongs"},
      {test::Family::Bert, "hidden_dropout_prob", 1, "'hidden_dropout_prob' is 1, outside 0 to 0.999"},
      {test::Family::Bert, "hidden_act", "mish",
       "'hidden_act' is 'mish'; gelu, gelu_new, relu, silu and tanh are supported"},
      {test::Family::Bert, "hidden_act", 3, "'hidden_act' is 3 where a text belongs"},
      {test::Family::Bert, "position_embedding_type", "relative_key", "only absolute is supported"},
      {test::Family::Bert, "is_decoder", true, "'is_decoder' is true, which is not supported"},
      {test::Family::Bert, "max_position_embeddings", 0, "'max_position_embeddings' is 0, outside 1 to"},
      {test::Family::Roberta, "max_position_embeddings", 2, "'max_position_embeddings' is 2, which leaves no position"},
      {test::Family::Bert, "id2label", {{"zero", "no"}}, "'id2label' has the entry 'zero', which is no class number"},
      {test::Family::Bert, "id2label", {{"0", 1}}, "'id2label' has the entry '0', which is no class number"},
      {test::Family::Bert, "id2label", {{"0", "no"}, {"2", "yes"}}, "'id2label' does not number its 2 classes"},
      {test::Family::Bert, "id2label", Json::array({"no", "yes"}), "'id2label' is not an object"},
      {test::Family::Bert, "num_labels", 7, "'num_labels' is 7 where id2label names 3"},
      {test::Family::Bert, "problem_type", "multi_label_classification", "which is not supported"},
      {test::Family::Bert, "problem_type", "regression", "'num_labels' is 3; a regression has 1"},
      {test::Family::Gpt2, "tie_word_embeddings", "yes",
       "'tie_word_embeddings' is \"yes\" where true or false belongs"},
      {test::Family::Gpt2, "scale_attn_weights", false, "'scale_attn_weights' is false, which is not supported"},
      {test::Family::Gpt2, "scale_attn_by_inverse_layer_idx", true, "is true, which is not supported"},
      {test::Family::Llama, "use_sliding_window", true, "'use_sliding_window' is true, which is not supported"},
      {test::Family::Llama, "rope_theta", -1, "'rope_theta' is -1, outside 1 to"},
      {test::Family::Llama, "rope_scaling", 7, "'rope_scaling' is not an object"},
      {test::Family::Llama, "rope_scaling", {{"type", "ntk"}}, "'rope_type' is 'ntk'; default, linear, llama3, yarn"},
      {test::Family::Llama, "rope_parameters", {{"rope_type", "linear"}, {"factor", 0}}, "'factor' is 0, outside 1 to"},
      {test::Family::Llama, "rope_parameters", {{"partial_rotary_factor", 0.5}}, "'partial_rotary_factor' is not 1"},
      {test::Family::Llama,
       "rope_parameters",
       {{"rope_type", "llama3"}, {"low_freq_factor", 4}},
       "'high_freq_factor' is 4"},
      {test::Family::Llama, "partial_rotary_factor", 0.5, "'partial_rotary_factor' is not 1"},
      {test::Family::Llama,
       "quantization_config",
       {{"quant_method", "gptq"}},
       "the weights are quantized (gptq), which is not"},
      {test::Family::Gpt2,
       "quantization_config",
       {{"bits", 4}},
       "says that the weights are quantized, which is not supported"},
      {test::Family::Llama, "model_type", "mistral",
       "'model_type' is 'mistral', which does not go with the architecture"},
      {test::Family::Bert, "model_type", "roberta",
       "'model_type' is 'roberta', which does not go with the architecture"},
      {test::Family::Bert, "add_cross_attention", true, "'add_cross_attention' is true, which is not supported"},
      {test::Family::Bert, "is_encoder_decoder", true, "'is_encoder_decoder' is true, which is not supported"},
      {test::Family::Roberta, "pruned_heads", {{"0", {1}}}, "'pruned_heads' is not empty, which is not supported"},
      {test::Family::Llama,
       "architectures",
       {"MambaForCausalLM"},
       "the architecture 'MambaForCausalLM' is not supported"},
      {test::Family::Llama, "architectures", nullptr, "the architecture '(none named)' is not supported"},
      {test::Family::Llama, "architectures", "LlamaForCausalLM", "the architecture '(none named)' is not supported"},
  };
  return all;
}

TEST(ModelConfig, EveryMistakeGetsASentenceWithFileAndKey) {
  for (const auto& [family, key, value, sentence] : mistakes()) {
    auto json = test::tinyConfig(family);
    json[key] = value;
    const auto message = refusalIn(json);
    EXPECT_NE(message.find(sentence), std::string::npos) << key << ": " << message;
    EXPECT_TRUE(message.starts_with("m/config.json")) << message;
    EXPECT_TRUE(message.ends_with(".")) << message;
  }
}

TEST(ModelConfig, Gpt2sSizesHaveAnotherNameToo) {
  auto json = test::tinyConfig(test::Family::Gpt2);
  for (const auto& [own, common] :
       {std::pair{"n_embd", "hidden_size"}, std::pair{"n_layer", "num_hidden_layers"},
        std::pair{"n_head", "num_attention_heads"}, std::pair{"n_positions", "max_position_embeddings"}}) {
    json[common] = json[own];
    json.erase(own);
  }
  const auto config = test::parsed(json);
  EXPECT_EQ(config.width, 16);
  EXPECT_EQ(config.layers, 2);
  EXPECT_EQ(config.heads, 4);
  EXPECT_EQ(config.positions, 32);
}

/// The defaults are those of transformers 5.24's configuration classes.
TEST(ModelConfig, SpecialTokensThatTheFileLeavesOutAreTheFamilys) {
  auto gpt2 = test::tinyConfig(test::Family::Gpt2);
  EXPECT_TRUE(test::parsed(gpt2).eosIds.empty()) << "50256 is outside of the vocabulary";
  gpt2["vocab_size"] = 50257;
  EXPECT_EQ(test::parsed(gpt2).eosIds, std::vector<std::int64_t>{50256});
  EXPECT_EQ(test::parsed(gpt2).bosId, 50256);
  gpt2["eos_token_id"] = nullptr;
  EXPECT_TRUE(test::parsed(gpt2).eosIds.empty()) << "null says that there is none";
  gpt2["eos_token_id"] = {3, 4};
  EXPECT_EQ(test::parsed(gpt2).eosIds, (std::vector<std::int64_t>{3, 4}));
  auto llama = test::tinyConfig(test::Family::Llama);
  EXPECT_EQ(test::parsed(llama).eosIds, std::vector<std::int64_t>{2});
  EXPECT_EQ(test::parsed(llama).bosId, 1);
  llama["architectures"] = {"Qwen2ForCausalLM"};
  EXPECT_TRUE(test::parsed(llama).eosIds.empty());
}

TEST(ModelConfig, WhatIsLeftAsideIsNamed) {
  auto json = test::tinyConfig(test::Family::Gpt2);
  EXPECT_TRUE(test::parsed(json).remarks.empty());
  json["reorder_and_upcast_attn"] = true;
  json["auto_map"] = {{"AutoModelForCausalLM", "modeling.Mine"}};
  const auto remarks = test::parsed(json).remarks;
  ASSERT_EQ(remarks.size(), 2U);
  EXPECT_NE(remarks[0].find("reorder_and_upcast_attn"), std::string::npos);
  EXPECT_NE(remarks[1].find("auto_map"), std::string::npos);
}

TEST(ModelConfig, NoValueOfAnyKeyBreaksIt) {
  const std::vector<Json> hostile = {nullptr,
                                     true,
                                     false,
                                     0,
                                     -1,
                                     1,
                                     7,
                                     1 << 24,
                                     std::numeric_limits<std::int64_t>::min(),
                                     std::numeric_limits<std::int64_t>::max(),
                                     std::numeric_limits<std::uint64_t>::max(),
                                     1e300,
                                     -1e-300,
                                     "",
                                     std::string(100'000, 'x'),
                                     Json::array(),
                                     Json::array({Json::array()}),
                                     Json::object(),
                                     Json{{"", nullptr}}};
  const char* more[] = {"head_dim",     "pad_token_id",   "eos_token_id",        "bos_token_id", "id2label",
                        "num_labels",   "rope_theta",     "rope_parameters",     "rope_scaling", "type_vocab_size",
                        "problem_type", "layer_norm_eps", "quantization_config", "pruned_heads", "layer_types",
                        "model_type"};
  std::size_t accepted = 0;
  for (const auto family : test::kEveryFamily) {
    auto full = test::tinyConfig(family);
    for (const auto* key : more) {
      if (!full.contains(key)) full[key] = nullptr;
    }
    for (const auto& [key, value] : full.items()) {
      for (const auto& bad : hostile) {
        auto json = full;
        json[key] = bad;
        const auto config = parseModelConfig(json, "config.json");
        if (!config) {
          EXPECT_LE(config.error().message.size(), 100'400U) << key;
          continue;
        }
        ++accepted;
        BuildOptions options;
        options.device = c10::DeviceType::Meta;
        const auto model = buildModel(*config, nullptr, options);
        EXPECT_TRUE(model.hasValue() || !model.error().message.empty()) << key << " " << bad;
      }
    }
  }
  EXPECT_GT(accepted, 200U);
}

TEST(ModelConfig, RefusesWhatIsNoObject) {
  for (const auto& json : {Json(), Json::array(), Json("text"), Json(3)})
    EXPECT_NE(refusalIn(json).find("is not a JSON object"), std::string::npos);
}

TEST(ModelConfig, IgnoresTokenIdsOutsideTheVocabulary) {
  auto json = test::tinyConfig(test::Family::Llama);
  json["pad_token_id"] = -1;
  json["bos_token_id"] = 50;
  json["eos_token_id"] = {2, 99, -5, "x", 3};
  const auto config = test::parsed(json);
  EXPECT_FALSE(config.padId.has_value());
  EXPECT_FALSE(config.bosId.has_value());
  EXPECT_EQ(config.eosIds, (std::vector<std::int64_t>{2, 3}));
}

TEST(ModelConfig, PositionsThatCountFromThePaddingNeedOne) {
  auto json = test::tinyConfig(test::Family::Roberta);
  json["pad_token_id"] = -1;
  const auto config = parseModelConfig(json, "config.json");
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find("'pad_token_id' names no token"), std::string::npos);
  json["pad_token_id"] = 3;
  EXPECT_EQ(test::parsed(json).firstPosition, 4);
}

TEST(ModelConfig, LabelsOfALanguageModelMeanNothing) {
  // Published GPT-2 files carry id2label with one entry.
  auto json = test::tinyConfig(test::Family::Gpt2);
  json["id2label"] = {{"0", "LABEL_0"}};
  EXPECT_EQ(test::parsed(json).head, Head::LanguageModel);
  json = test::tinyConfig(test::Family::Bert);
  json["architectures"] = {"BertForMaskedLM"};
  json["num_labels"] = 1;
  EXPECT_EQ(test::parsed(json).head, Head::MaskedLanguageModel);
  json["architectures"] = {"BertForPreTraining"};
  EXPECT_EQ(test::parsed(json).head, Head::None);
}

TEST(ModelConfig, ANullRopeParametersLeavesTheOlderSpelling) {
  auto json = test::tinyConfig(test::Family::Llama);
  json["rope_parameters"] = nullptr;
  json["rope_theta"] = 5000;
  json["rope_scaling"] = {{"type", "linear"}, {"factor", 2}};
  const auto rope = test::parsed(json).ropes.at(0);
  EXPECT_EQ(rope.theta, 5000);
  EXPECT_EQ(rope.type, RopeConfig::Type::Linear);
  EXPECT_EQ(rope.factor, 2);
}

TEST(ModelConfig, Qwen2AlwaysHasBiases) {
  auto json = test::tinyConfig(test::Family::Llama);
  json["architectures"] = {"Qwen2ForCausalLM"};
  const auto config = test::parsed(json);
  EXPECT_TRUE(config.attentionBias);
  EXPECT_FALSE(config.attentionOutputBias);
}

}  // namespace
}  // namespace rosa::model
