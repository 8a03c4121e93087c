// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/model/tiny_models.h"
#include "model/decoder_families.h"

/// What each family's config.json says of its layers; the numbers that follow from it are compared in
/// model_golden_test.
namespace rosa::model {
namespace {

using test::Json;
using test::refusal;

Json dense(const std::string& architecture, std::int64_t layers) {
  auto json = test::tinyConfig(test::Family::Llama);
  json["architectures"] = {architecture};
  json["num_hidden_layers"] = layers;
  json["head_dim"] = 8;
  return json;
}

std::vector<std::int64_t> windows(const Json& json) {
  std::vector<std::int64_t> all;
  for (const auto& layer : test::parsed(json).layerSpecs) all.push_back(layer.window);
  return all;
}

std::vector<int> ropes(const Json& json) {
  std::vector<int> all;
  for (const auto& layer : test::parsed(json).layerSpecs) all.push_back(layer.rope);
  return all;
}

using Windows = std::vector<std::int64_t>;

/// A whole model whose text half is `text`.
Json whole(const std::string& architecture, const std::string& type, Json text) {
  text.erase("architectures");
  return {{"architectures", {architecture}}, {"model_type", type}, {"text_config", std::move(text)}};
}

TEST(DecoderFamilies, AWholeModelIsReadByItsTextHalf) {
  auto text = dense("MinistralForCausalLM", 3);
  text["model_type"] = "ministral3";
  text["tie_word_embeddings"] = false;
  text["eos_token_id"] = 2;
  auto json = whole("Mistral3ForConditionalGeneration", "mistral3", text);
  json["eos_token_id"] = {2, 3};
  const auto config = test::parsed(json);
  EXPECT_EQ(config.text->modelType, "ministral3");
  EXPECT_EQ(config.row->modelType, "mistral3");
  EXPECT_EQ(config.layers, 3);
  EXPECT_EQ(config.head, Head::LanguageModel);
  EXPECT_TRUE(config.tied) << "the outer key decides, which is true unless it says otherwise";
  EXPECT_EQ(config.eosIds, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(config.row->className(Head::LanguageModel), "Mistral3ForConditionalGeneration");
  json["tie_word_embeddings"] = false;
  json["text_config"]["tie_word_embeddings"] = true;
  EXPECT_FALSE(test::parsed(json).tied);
  json["text_config"].erase("model_type");
  EXPECT_EQ(test::parsed(json).text->modelType, "mistral") << "what Transformers takes where nothing is said";
}

TEST(DecoderFamilies, WhatAWholeModelsTextHalfLacksIsToldByItsPlace) {
  auto json = whole("Gemma3ForConditionalGeneration", "gemma3", dense("Gemma3ForCausalLM", 2));
  json["text_config"]["hidden_size"] = nullptr;
  json["text_config"]["model_type"] = "gemma3_text";
  EXPECT_NE(refusal(json).find("config.json, text_config: 'hidden_size' is missing"), std::string::npos)
      << refusal(json);
  json["text_config"]["model_type"] = "elsewhere";
  EXPECT_NE(refusal(json).find("'text_config' has the model_type 'elsewhere', which is not supported"),
            std::string::npos)
      << refusal(json);
  json["text_config"] = 3;
  EXPECT_NE(refusal(json).find("'text_config' is not an object"), std::string::npos) << refusal(json);
}

TEST(DecoderFamilies, AFileOfGemma3LeavesOutWhatItsClassHas) {
  Json text = {{"hidden_size", 64},
               {"intermediate_size", 96},
               {"model_type", "gemma3_text"},
               {"num_hidden_layers", 6},
               {"rope_scaling", {{"factor", 8.0}, {"rope_type", "linear"}}},
               {"sliding_window", 16}};
  const auto config = test::parsed(whole("Gemma3ForConditionalGeneration", "gemma3", text));
  EXPECT_EQ(config.vocabularySize, 262208);
  EXPECT_EQ(config.heads, 8);
  EXPECT_EQ(config.keyValueHeads, 4);
  EXPECT_EQ(config.headDim, 256);
  EXPECT_EQ(config.layerSpecs.back().window, 0);
  EXPECT_EQ(config.layerSpecs.front().window, 16);
  EXPECT_EQ(config.ropes.front().type, RopeConfig::Type::Linear);
}

Json gemma4(std::int64_t layers) {
  auto json = dense("Gemma4ForCausalLM", layers);
  json["vocab_size_per_layer_input"] = json["vocab_size"];
  return json;
}

std::vector<std::int64_t> headDims(const Json& json) {
  std::vector<std::int64_t> all;
  for (const auto& layer : test::parsed(json).layerSpecs) all.push_back(layer.headDim);
  return all;
}

std::vector<int> keysOf(const Json& json) {
  std::vector<int> all;
  for (const auto& layer : test::parsed(json).layerSpecs) all.push_back(layer.keysOf);
  return all;
}

TEST(DecoderFamilies, Gemma4HasHeadsOfTwoSizesInEitherSpelling) {
  auto json = gemma4(3);
  EXPECT_EQ(windows(json), (Windows{512, 512, 0})) << "the last layer sees the whole text whatever the pattern";
  EXPECT_EQ(headDims(json), (Windows{8, 8, 512})) << "the configuration class's own";
  json["global_head_dim"] = 16;
  EXPECT_EQ(headDims(json), (Windows{8, 8, 16}));
  json["num_global_key_value_heads"] = 1;
  EXPECT_EQ(test::parsed(json).layerSpecs[2].keyValueHeads, 2) << "only where keys serve as values";
  json["attention_k_eq_v"] = true;
  EXPECT_EQ(test::parsed(json).layerSpecs[2].keyValueHeads, 1);
  EXPECT_TRUE(test::parsed(json).layerSpecs[2].valueIsKey);
  EXPECT_FALSE(test::parsed(json).layerSpecs[0].valueIsKey);
  json["per_layer_config"] = {{"2", {{"head_dim", 4}}}};
  EXPECT_EQ(headDims(json), (Windows{8, 8, 4})) << "which says all there is to say";
  EXPECT_EQ(test::parsed(json).layerSpecs[2].keyValueHeads, 2);
  json["per_layer_config"] = {{"1", {{"head_dim", 4}}}};
  EXPECT_NE(refusal(json).find("'per_layer_config' gives layers of one kind heads of several sizes"),
            std::string::npos);
  json["per_layer_config"] = {{"2", {{"intermediate_size", 4}}}};
  EXPECT_NE(refusal(json).find("per_layer_config.2: 'intermediate_size' is not supported for a single layer"),
            std::string::npos)
      << refusal(json);
  json["per_layer_config"] = {{"3", {{"head_dim", 4}}}};
  EXPECT_NE(refusal(json).find("'per_layer_config' names layers beside the numbers 0 to 2"), std::string::npos);
  json["per_layer_config"] = {{"2", {{"head_dim", 5}}}};
  EXPECT_NE(refusal(json).find("'head_dim' is 5; rotary embeddings need an even number"), std::string::npos);
  json["per_layer_config"] = {{"2", {{"num_key_value_heads", 3}}}};
  EXPECT_NE(refusal(json).find("'num_key_value_heads' is 3 in a layer, which does not divide the 4 heads"),
            std::string::npos);
}

TEST(DecoderFamilies, TheLastLayersOfGemma4UseTheKeysOfTheLastOfTheirKind) {
  auto json = gemma4(6);
  json["layer_types"] = {"sliding_attention", "full_attention", "sliding_attention",
                         "sliding_attention", "full_attention", "full_attention"};
  EXPECT_EQ(keysOf(json), (std::vector<int>{-1, -1, -1, -1, -1, -1}));
  json["num_kv_shared_layers"] = 3;
  EXPECT_EQ(keysOf(json), (std::vector<int>{-1, -1, -1, 2, 1, 1}));
  EXPECT_EQ(test::parsed(json).layerSpecs.back().feedForward, 24);
  json["use_double_wide_mlp"] = true;
  EXPECT_EQ(test::parsed(json).layerSpecs.front().feedForward, 24);
  EXPECT_EQ(test::parsed(json).layerSpecs.back().feedForward, 48);
  json["num_kv_shared_layers"] = 5;
  EXPECT_NE(refusal(json).find("'num_kv_shared_layers' is 5, which leaves layer 1 no layer of its kind before it"),
            std::string::npos)
      << refusal(json);
  json["num_kv_shared_layers"] = 6;
  EXPECT_NE(refusal(json).find("'num_kv_shared_layers' is 6, outside 0 to 5"), std::string::npos);
}

TEST(DecoderFamilies, WhatGemma4HasBesideIsRefusedByName) {
  auto json = gemma4(2);
  json["enable_moe_block"] = true;
  EXPECT_NE(refusal(json).find("'enable_moe_block' is true, which is not supported"), std::string::npos);
  json["enable_moe_block"] = false;
  json["use_bidirectional_attention"] = "vision";
  EXPECT_EQ(refusal(json), "") << "of pictures, which are not read";
  json["use_bidirectional_attention"] = "all";
  EXPECT_NE(refusal(json).find("'use_bidirectional_attention' asks"), std::string::npos);
  json.erase("use_bidirectional_attention");
  json["vocab_size_per_layer_input"] = 49;
  EXPECT_NE(refusal(json).find("'vocab_size_per_layer_input' is 49, below the vocabulary's 50"), std::string::npos);
  json["hidden_size_per_layer_input"] = 0;
  EXPECT_EQ(refusal(json), "");
}

TEST(DecoderFamilies, MistralSlidesUnlessItsWindowIsNull) {
  auto json = dense("MistralForCausalLM", 2);
  EXPECT_EQ(windows(json), (Windows{4096, 4096})) << "the configuration class's own window";
  json["sliding_window"] = 7;
  EXPECT_EQ(windows(json), (Windows{7, 7}));
  json["sliding_window"] = nullptr;
  EXPECT_EQ(windows(json), (Windows{0, 0}));
}

TEST(DecoderFamilies, Qwen2SlidesFromALayerOnOnlyWhereItIsSwitchedOn) {
  auto json = dense("Qwen2ForCausalLM", 3);
  json["sliding_window"] = 9;
  json["max_window_layers"] = 1;
  json["use_sliding_window"] = false;
  EXPECT_EQ(windows(json), (Windows{0, 0, 0}));
  json["use_sliding_window"] = true;
  EXPECT_EQ(windows(json), (Windows{0, 9, 9}));
  json["layer_types"] = {"sliding_attention", "full_attention", "full_attention"};
  EXPECT_EQ(windows(json), (Windows{9, 0, 0})) << "the list goes before the rule";
  json["use_sliding_window"] = false;
  EXPECT_NE(refusal(json).find("'sliding_window' is missing, but layer_types has layers that slide"),
            std::string::npos);
}

TEST(DecoderFamilies, LayerTypesAreOneALayerAndKnown) {
  auto json = dense("Gemma2ForCausalLM", 2);
  json["layer_types"] = {"full_attention"};
  EXPECT_NE(refusal(json).find("'layer_types' is no list of 2 kinds"), std::string::npos);
  json["layer_types"] = {"full_attention", "linear_attention"};
  EXPECT_NE(refusal(json).find("'layer_types' holds \"linear_attention\""), std::string::npos);
}

TEST(DecoderFamilies, GemmasWindowsFollowTheirPattern) {
  auto two = dense("Gemma2ForCausalLM", 4);
  two["sliding_window"] = 5;
  EXPECT_EQ(windows(two), (Windows{5, 0, 5, 0}));
  auto three = dense("Gemma3ForCausalLM", 7);
  three["sliding_window"] = 5;
  EXPECT_EQ(windows(three), (Windows{5, 5, 5, 5, 5, 0, 5}));
  EXPECT_EQ(ropes(three), (std::vector<int>{1, 1, 1, 1, 1, 0, 1}));
  const auto config = test::parsed(three);
  EXPECT_EQ(config.ropes[0].theta, 1e6);
  EXPECT_EQ(config.ropes[1].theta, 1e4);
  three["sliding_window_pattern"] = 2;
  EXPECT_EQ(windows(three), (Windows{5, 0, 5, 0, 5, 0, 5}));
}

TEST(DecoderFamilies, ACapThatIsNullIsNone) {
  auto json = dense("Gemma2ForCausalLM", 2);
  EXPECT_EQ(test::parsed(json).decoder.attentionCap, 50);
  EXPECT_EQ(test::parsed(json).decoder.logitCap, 30);
  json["attn_logit_softcapping"] = nullptr;
  json["final_logit_softcapping"] = nullptr;
  EXPECT_EQ(test::parsed(json).decoder.attentionCap, 0);
  EXPECT_EQ(test::parsed(json).decoder.logitCap, 0);
}

TEST(DecoderFamilies, ACapOfZeroIsRefused) {
  auto json = dense("Gemma2ForCausalLM", 2);
  json["final_logit_softcapping"] = 0.0;
  EXPECT_NE(refusal(json).find("'final_logit_softcapping' is 0.0, outside"), std::string::npos);
}

TEST(DecoderFamilies, TheAttentionCapOfGemma3IsNamedAsNotUsed) {
  auto json = dense("Gemma3ForCausalLM", 2);
  json["attn_logit_softcapping"] = 5.0;
  const auto config = test::parsed(json);
  EXPECT_EQ(config.decoder.attentionCap, 0);
  ASSERT_EQ(config.remarks.size(), 1U);
  EXPECT_NE(config.remarks.front().find("attn_logit_softcapping is 5, which Transformers"), std::string::npos);
}

TEST(DecoderFamilies, ACapOfLogitsIsOfGemma3sTextClassAlone) {
  auto json = dense("Gemma3ForCausalLM", 2);
  json["final_logit_softcapping"] = 30.0;
  EXPECT_EQ(test::parsed(json).decoder.logitCap, 30);
  json["model_type"] = "gemma3_text";
  const test::Json whole{
      {"architectures", {"Gemma3ForConditionalGeneration"}}, {"model_type", "gemma3"}, {"text_config", json}};
  EXPECT_EQ(test::parsed(whole).decoder.logitCap, 0);
  EXPECT_EQ(test::parsed(whole).remarks.size(), 1U);
}

TEST(DecoderFamilies, Ministral3WithoutARopeHasThatOfItsClass) {
  auto json = dense("Ministral3ForCausalLM", 2);
  json["rope_theta"] = 500;
  const auto config = test::parsed(json);
  EXPECT_EQ(config.ropes.front().type, RopeConfig::Type::Yarn);
  EXPECT_EQ(config.ropes.front().theta, 1e6);
  EXPECT_EQ(config.ropes.front().factor, 16);
  EXPECT_EQ(config.decoder.queryGrowth, 0.1);
  EXPECT_EQ(config.decoder.queryGrowthLength, 16384);
  json["rope_scaling"] = {{"rope_type", "linear"}, {"factor", 2}, {"llama_4_scaling_beta", 0.5}};
  const auto older = test::parsed(json);
  EXPECT_EQ(older.ropes.front().theta, 500);
  EXPECT_EQ(older.decoder.queryGrowth, 0.5);
}

TEST(DecoderFamilies, Phi3HasNoOtherRopesThanItsClass) {
  auto json = dense("Phi3ForCausalLM", 2);
  json["rope_scaling"] = {{"rope_type", "linear"}, {"factor", 2}};
  EXPECT_NE(refusal(json).find("'rope_type' is neither default nor longrope"), std::string::npos);
}

TEST(DecoderFamilies, ANumberOneInNoRopeLayersMeansARope) {
  auto json = dense("SmolLM3ForCausalLM", 5);
  EXPECT_EQ(ropes(json), (std::vector<int>{0, 0, 0, -1, 0}));
  json["no_rope_layers"] = {0, 1, 1, 0, 0};
  EXPECT_EQ(ropes(json), (std::vector<int>{-1, 0, 0, -1, -1}));
  json["no_rope_layers"] = {1};
  EXPECT_NE(refusal(json).find("'no_rope_layers' is no list of 5 numbers"), std::string::npos);
}

TEST(DecoderFamilies, LongropeNeedsAFactorForEachFrequency) {
  auto json = dense("Phi3ForCausalLM", 2);
  json["rope_scaling"] = {{"type", "longrope"}, {"short_factor", {1, 1, 1, 1}}, {"long_factor", {1, 1, 2}}};
  EXPECT_NE(refusal(json).find("'long_factor' holds 3 factors where 4 belong"), std::string::npos);
  json["rope_scaling"]["long_factor"] = {1, 1, 2, -4};
  EXPECT_NE(refusal(json).find("'long_factor' holds -4 where a factor above 0 belongs"), std::string::npos);
  json["rope_scaling"]["long_factor"] = {1, 1, 2, 4};
  json["partial_rotary_factor"] = 0.5;
  EXPECT_NE(refusal(json).find("where 2 belong"), std::string::npos);
}

TEST(DecoderFamilies, ExaonesPatternIsANumberOrItsLetters) {
  auto json = dense("Exaone4ForCausalLM", 4);
  json["sliding_window"] = 5;
  json["sliding_window_pattern"] = "LLG";
  EXPECT_EQ(windows(json), (Windows{5, 5, 0, 5}));
  EXPECT_EQ(ropes(json), (std::vector<int>{0, 0, -1, 0})) << "only layers that slide have a rope";
  json["sliding_window"] = nullptr;
  EXPECT_EQ(windows(json), (Windows{0, 0, 0, 0}));
  EXPECT_EQ(ropes(json), (std::vector<int>{0, 0, 0, 0}));
}

TEST(DecoderFamilies, BidirectionalGemmaIsRefused) {
  auto json = dense("Gemma3ForCausalLM", 2);
  json["use_bidirectional_attention"] = true;
  EXPECT_NE(refusal(json).find("'use_bidirectional_attention' is true, which is not supported"), std::string::npos);
}

}  // namespace
}  // namespace rosa::model
