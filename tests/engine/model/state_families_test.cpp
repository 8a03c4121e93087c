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

std::string refusal(const Json& json) {
  const auto config = parseModelConfig(json, "config.json");
  return config ? "" : config.error().message;
}

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

/// 'a' for a layer that attends, 'c' for one with a short convolution.
std::string mixers(const Json& json) {
  std::string all;
  for (const auto& layer : test::parsed(json).layerSpecs) all += layer.mixer == Mixer::Attention ? 'a' : 'c';
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

}  // namespace
}  // namespace rosa::model
