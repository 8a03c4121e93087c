// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/encoder_families.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "engine/model/tiny_models.h"

/// What the readers of the encoders make of a config.json (transformers 5.24's configuration classes).
namespace rosa::model {
namespace {

using test::Family;
using test::Json;
using test::refusal;

Json changed(Family family, const std::string& key, const Json& value) {
  auto json = test::tinyConfig(family);
  json[key] = value;
  return json;
}

TEST(EncoderFamilies, ModernBertReadsTheFirstTokenUnlessItSaysMean) {
  EXPECT_EQ(test::parsed(test::tinyConfig(Family::ModernBert)).encoder.pooling, Pooling::Mean);
  EXPECT_EQ(test::parsed(changed(Family::ModernBert, "classifier_pooling", nullptr)).encoder.pooling, Pooling::First);
  EXPECT_NE(refusal(changed(Family::ModernBert, "classifier_pooling", "max")).find("'max'; cls and mean"),
            std::string::npos);
}

TEST(EncoderFamilies, ModernBertsWindowsAndRopesGoByTheLayer) {
  auto json = test::tinyConfig(Family::ModernBert);
  json["num_hidden_layers"] = 5;
  json["global_attn_every_n_layers"] = 3;
  json["local_rope_theta"] = 500;
  const auto config = test::parsed(json);
  std::vector<std::int64_t> windows;
  for (const auto& layer : config.layerSpecs) {
    windows.push_back(layer.window);
    EXPECT_EQ(layer.rope, layer.window > 0 ? 1 : 0);
  }
  EXPECT_EQ(windows, (std::vector<std::int64_t>{0, 4, 4, 0, 4}));
  EXPECT_EQ(config.ropes[0].theta, 160000);
  EXPECT_EQ(config.ropes[1].theta, 500);
  json["rope_scaling"] = {{"rope_type", "yarn"}};
  EXPECT_NE(refusal(json).find("rope_scaling"), std::string::npos);
}

TEST(EncoderFamilies, ModernBertsDropoutInTheMlpIsNamed) {
  const auto remarks = test::parsed(changed(Family::ModernBert, "mlp_dropout", 0.1)).remarks;
  ASSERT_EQ(remarks.size(), 1U);
  EXPECT_NE(remarks[0].find("mlp_dropout is 0.1"), std::string::npos);
}

TEST(EncoderFamilies, DebertasTermsAreAListOrATextWithBars) {
  for (const Json& both : {Json("p2c|c2p"), Json("C2P | P2C"), Json({"c2p", "p2c"})}) {
    const auto spec = test::parsed(changed(Family::Deberta, "pos_att_type", both)).encoder;
    EXPECT_TRUE(spec.relative.contentToPosition);
    EXPECT_TRUE(spec.relative.positionToContent);
    EXPECT_DOUBLE_EQ(spec.attentionScale, 1 / std::sqrt(4.0 * 3));
  }
  const auto one = test::parsed(changed(Family::Deberta, "pos_att_type", {"p2c"})).encoder;
  EXPECT_FALSE(one.relative.contentToPosition);
  EXPECT_DOUBLE_EQ(one.attentionScale, 1 / std::sqrt(4.0 * 2));
}

TEST(EncoderFamilies, DebertasTableHasARowForEachBucketOrDistance) {
  EXPECT_EQ(test::parsed(test::tinyConfig(Family::Deberta)).encoder.relative.span, 6);
  EXPECT_EQ(test::parsed(test::tinyConfig(Family::DebertaConv)).encoder.relative.span, 32) << "all positions";
  EXPECT_EQ(test::parsed(changed(Family::DebertaConv, "max_relative_positions", 9)).encoder.relative.span, 9);
  EXPECT_EQ(test::parsed(changed(Family::Deberta, "relative_attention", nullptr)).encoder.relative.span, 0);
  EXPECT_NE(refusal(changed(Family::Deberta, "position_buckets", 1)).find("position_buckets"), std::string::npos);
  EXPECT_NE(refusal(changed(Family::Deberta, "position_buckets", 64)).find("distances up to 32"), std::string::npos);
}

TEST(EncoderFamilies, WhatDebertaDoesNotBuildIsRefusedByName) {
  EXPECT_NE(refusal(changed(Family::DebertaConv, "conv_kernel_size", 4)).find("odd"), std::string::npos);
  EXPECT_NE(refusal(changed(Family::DebertaConv, "conv_groups", 2)).find("conv_groups"), std::string::npos);
  for (const auto* key : {"embedding_size", "pooler_hidden_size", "attention_head_size"}) {
    EXPECT_NE(refusal(changed(Family::Deberta, key, 3)).find(key), std::string::npos);
  }
}

TEST(EncoderFamilies, ElectraProjectsOnlyEmbeddingsOfAnotherSize) {
  EXPECT_FALSE(test::parsed(test::tinyConfig(Family::Electra)).encoder.names.projection.empty());
  EXPECT_TRUE(test::parsed(changed(Family::Electra, "embedding_size", 16)).encoder.names.projection.empty());
}

TEST(EncoderFamilies, AlbertsGroupsHaveWeightsOfTheirOwn) {
  auto json = test::tinyConfig(Family::Albert);
  json["num_hidden_layers"] = 4;
  json["num_hidden_groups"] = 2;
  const auto model = test::tinyModel(json);
  EXPECT_EQ(model->linears().size(), 2 * 6 + 1U);
  EXPECT_EQ(test::stored(*model, "albert.encoder.albert_layer_groups.1.albert_layers.0.ffn.weight").size(0), 24);
  EXPECT_NE(refusal(changed(Family::Albert, "inner_group_num", 2)).find("inner_group_num"), std::string::npos);
}

}  // namespace
}  // namespace rosa::model
