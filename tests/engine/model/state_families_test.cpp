// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/state_families.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/model/tiny_models.h"

/// What config.json says of layers with state; the numbers that follow from it are compared in model_golden_test.
namespace rosa::model {
namespace {

using test::Json;
using test::refusal;

Json lfm2(std::int64_t layers) {
  return {{"architectures", {"Lfm2ForCausalLM"}},
          {"vocab_size", 50},
          {"hidden_size", 16},
          {"num_hidden_layers", layers},
          {"num_attention_heads", 4},
          {"num_key_value_heads", 2},
          {"intermediate_size", 24},
          {"block_multiple_of", 8}};
}

/// 'a' for a layer that attends, 'c' for one with a short convolution, 'd' for one with a gated delta rule.
std::string mixers(const Json& json) {
  std::string all;
  for (const auto& layer : test::parsed(json).layerSpecs) all += "acd"[static_cast<std::size_t>(layer.mixer)];
  return all;
}

TEST(StateFamilies, Lfm2sLayersAttendWhereEitherSpellingSaysSo) {
  auto json = lfm2(4);
  EXPECT_EQ(mixers(json), "aaaa") << "the configuration class's own";
  json["full_attn_idxs"] = {1, 3};
  EXPECT_EQ(mixers(json), "caca");
  json["layer_types"] = {"full_attention", "conv", "conv", "conv"};
  EXPECT_EQ(mixers(json), "accc") << "the list of kinds goes before that of numbers";
  json["layer_types"] = {"conv"};
  EXPECT_NE(refusal(json).find("'layer_types' is no list of 4 kinds"), std::string::npos);
  json["layer_types"] = {"conv", "conv", "conv", "linear_attention"};
  EXPECT_NE(refusal(json).find("full_attention and conv are supported"), std::string::npos);
  json.erase("layer_types");
  json["full_attn_idxs"] = {"one"};
  EXPECT_NE(refusal(json).find("'full_attn_idxs' is no list of layer numbers"), std::string::npos);
}

TEST(StateFamilies, Lfm2sMlpHasTheWidthThatItsKeysMake) {
  auto json = lfm2(1);
  const auto width = [&] { return test::parsed(json).feedForward; };
  EXPECT_EQ(width(), 16) << "two thirds of 24";
  json["block_ff_dim"] = 6656;
  json["block_multiple_of"] = 256;
  EXPECT_EQ(width(), 4608) << "LFM2 350M: the old key goes before intermediate_size";
  json["block_ffn_dim_multiplier"] = 1.3;
  EXPECT_EQ(width(), 5888);  // 4437 · 1.3 = 5768.1
  json["block_ffn_dim_multiplier"] = nullptr;
  EXPECT_EQ(width(), 4437) << "null: neither multiplied nor rounded";
  json["block_auto_adjust_ff_dim"] = false;
  EXPECT_EQ(width(), 6656);
  json["block_auto_adjust_ff_dim"] = true;
  json["block_ffn_dim_multiplier"] = 1e6;
  EXPECT_NE(refusal(json).find("'block_ffn_dim_multiplier' makes the MLP's width"), std::string::npos);
}

TEST(StateFamilies, Lfm2sOldKeysAreRead) {
  auto json = lfm2(2);
  EXPECT_TRUE(test::parsed(json).tied);
  json["tie_word_embeddings"] = true;
  json["tie_embedding"] = false;
  EXPECT_FALSE(test::parsed(json).tied);
  json["norm_eps"] = 1e-3;
  EXPECT_EQ(test::parsed(json).normEpsilon, 1e-3);
  EXPECT_EQ(test::parsed(json).decoder.convolutionKernel, 3);
  json["conv_L_cache"] = 5;
  EXPECT_EQ(test::parsed(json).decoder.convolutionKernel, 5);
  json["conv_L_cache"] = 0;
  EXPECT_NE(refusal(json).find("'conv_L_cache' is 0, outside 1 to"), std::string::npos);
}

TEST(StateFamilies, BiasesOfAShortConvolutionAreTensorsOfTheModel) {
  auto json = lfm2(2);
  json["full_attn_idxs"] = {1};
  json["conv_bias"] = true;
  const auto model = test::tinyModel(json);
  for (const auto* name : {"in_proj.bias", "conv.bias", "out_proj.bias"}) {
    const auto bias = test::stored(*model, std::string("model.layers.0.conv.") + name);
    const auto batch = test::tinyBatch(model->config(), {6});
    const auto before = model->logits(batch);
    bias.fill_(0.5);
    EXPECT_GT(test::distance(model->logits(batch), before), 1e-4) << name;
  }
}

Json qwen35(std::int64_t layers) {
  auto json = test::tinyConfig(test::Family::Qwen35);
  json.erase("layer_types");
  json["num_hidden_layers"] = layers;
  return json;
}

TEST(StateFamilies, AWholeQwen35IsTiedOnlyWhereTheOuterKeySaysSo) {
  auto text = qwen35(4);
  text.erase("architectures");
  text["model_type"] = "qwen3_5_text";
  text["tie_word_embeddings"] = true;
  Json json = {
      {"architectures", {"Qwen3_5ForConditionalGeneration"}}, {"model_type", "qwen3_5"}, {"text_config", text}};
  EXPECT_FALSE(test::parsed(json).tied) << "the class's own, which other whole models have otherwise";
  json["tie_word_embeddings"] = true;
  json["text_config"]["tie_word_embeddings"] = false;
  EXPECT_TRUE(test::parsed(json).tied);
}

TEST(StateFamilies, Qwen35AttendsEveryFewLayersOrWhereTheListSaysSo) {
  auto json = qwen35(9);
  EXPECT_EQ(mixers(json), "dddadddad") << "every fourth, the configuration class's own";
  json["full_attention_interval"] = 3;
  EXPECT_EQ(mixers(json), "ddaddadda");
  json["num_hidden_layers"] = 2;
  json["layer_types"] = {"full_attention", "linear_attention"};
  EXPECT_EQ(mixers(json), "ad");
  json["layer_types"] = {"full_attention", "conv"};
  EXPECT_NE(refusal(json).find("full_attention and linear_attention are supported"), std::string::npos);
}

TEST(StateFamilies, Qwen35TurnsAQuarterOfAHeadUnlessItSaysOtherwise) {
  auto json = qwen35(4);
  EXPECT_EQ(test::parsed(json).ropes.front().turnedDims(8), 2);
  json["partial_rotary_factor"] = 0.5;
  EXPECT_EQ(test::parsed(json).ropes.front().turnedDims(8), 4);
  json["rope_parameters"] = {{"rope_theta", 1e7}, {"partial_rotary_factor", 1.0}, {"mrope_section", {11, 11, 10}}};
  EXPECT_EQ(test::parsed(json).ropes.front().turnedDims(8), 8);
  EXPECT_EQ(test::parsed(json).ropes.front().theta, 1e7);
}

TEST(StateFamilies, Qwen35sHeadsGoTogether) {
  auto json = qwen35(4);
  const auto delta = test::parsed(json).decoder.delta;
  EXPECT_EQ(delta.mixed(), 2 * 2 * 4 + 4 * 6);
  json["linear_num_value_heads"] = 3;
  EXPECT_NE(refusal(json).find("'linear_num_value_heads' is 3, no multiple of the 2 key heads"), std::string::npos);
  json["linear_num_value_heads"] = 65536;
  json["linear_value_head_dim"] = 65536;
  EXPECT_NE(refusal(json).find("too large"), std::string::npos);
  json = qwen35(4);
  json["hidden_act"] = "gelu";
  EXPECT_NE(refusal(json).find("'hidden_act' is not silu"), std::string::npos);
  json["hidden_act"] = "silu";
  json["attn_output_gate"] = false;
  EXPECT_NE(refusal(json).find("'attn_output_gate' is false, which is not supported"), std::string::npos);
}

TEST(StateFamilies, RatesOfDecayStartBetweenAHundredthAndSixteen) {
  auto json = qwen35(1);
  json["linear_num_key_heads"] = 1;
  json["linear_num_value_heads"] = 500;
  const auto model = test::tinyModel(json);
  const auto rates = test::stored(*model, "model.layers.0.linear_attn.A_log").exp();
  EXPECT_GE(rates.min().item<double>(), 0.0099);
  EXPECT_LE(rates.max().item<double>(), 16.001);
  EXPECT_NEAR(rates.mean().item<double>(), 8, 1);
  EXPECT_TRUE(at::equal(test::stored(*model, "model.layers.0.linear_attn.dt_bias"), at::ones({500})));
}

}  // namespace
}  // namespace rosa::model
