// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/adapted_linears.h"

#include <gtest/gtest.h>

namespace rosa::train {
namespace {

const std::vector<adapt::LayerName> kLayers = {
    {"h.0.attn.c_attn", true}, {"h.0.mlp.c_fc", false}, {"h.1.attn.c_attn", true}, {"h.1.mlp.c_fc", false}};

Rank number(std::int64_t value) {
  return Rank{value};
}

TEST(LayerRanks, ThePatternsLastInTheListDecide) {
  RunConfig config;
  config.rank = number(8);
  EXPECT_EQ(*ranksOf(config, kLayers), std::vector<Rank>(4, number(8)));
  config.layerRanks = {"mlp=4", "h.1.*=10%", "h.1.mlp.c_fc = 2"};
  EXPECT_EQ(*ranksOf(config, kLayers), (std::vector<Rank>{number(8), number(4), Rank{0.1}, number(2)}));
}

TEST(LayerRanks, APatternThatMatchesNothingIsTold) {
  RunConfig config;
  config.layerRanks = {"mpl=4"};
  const auto ranks = ranksOf(config, kLayers);
  ASSERT_FALSE(ranks.hasValue());
  const auto& message = ranks.error().message;
  EXPECT_EQ(message.rfind("layer-rank: ", 0), 0U) << message;
  EXPECT_NE(message.find("mpl"), std::string::npos) << message;
  EXPECT_NE(message.find("Did you mean \"mlp\""), std::string::npos) << message;
}

}  // namespace
}  // namespace rosa::train
