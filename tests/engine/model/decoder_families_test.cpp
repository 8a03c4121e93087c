// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/model/tiny_models.h"
#include "model/decoder_families.h"

/// What each family's config.json says of its layers; the numbers that follow from it are compared in
/// model_golden_test.
namespace rosa::model {
namespace {

using test::Json;

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

std::string refusal(const Json& json) {
  const auto config = parseModelConfig(json, "config.json");
  return config ? "" : config.error().message;
}

using Windows = std::vector<std::int64_t>;

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
