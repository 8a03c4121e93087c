// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/layer_choice.h"

#include <gtest/gtest.h>

namespace rosa::adapt {
namespace {

std::vector<LayerName> gpt2Layers() {
  std::vector<LayerName> layers;
  for (const std::string block : {"0", "1", "10"}) {
    const auto prefix = "transformer.h." + block + ".";
    layers.push_back({prefix + "attn.c_attn", true});
    layers.push_back({prefix + "attn.c_proj", true});
    layers.push_back({prefix + "mlp.c_fc", false});
    layers.push_back({prefix + "mlp.c_proj", false});
  }
  return layers;
}

using Indices = std::vector<std::size_t>;

Indices chosen(std::string_view choice) {
  const auto layers = gpt2Layers();
  const auto result = chooseLayers(choice, layers);
  EXPECT_TRUE(result.hasValue()) << result.error().message;
  return result ? *result : Indices{};
}

std::string refusal(std::string_view choice) {
  const auto layers = gpt2Layers();
  const auto result = chooseLayers(choice, layers);
  EXPECT_FALSE(result.hasValue()) << choice;
  return result ? "" : result.error().message;
}

TEST(ChooseLayers, KnowsTheKinds) {
  EXPECT_EQ(chosen("all").size(), 12u);
  EXPECT_EQ(chosen("attention"), (Indices{0, 1, 4, 5, 8, 9}));
  EXPECT_EQ(chosen("mlp"), (Indices{2, 3, 6, 7, 10, 11}));
}

TEST(ChooseLayers, TakesNamesEndingsAndPatternsInLayerOrder) {
  EXPECT_EQ(chosen("transformer.h.1.mlp.c_fc"), (Indices{6}));
  EXPECT_EQ(chosen("c_fc, c_attn"), (Indices{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(chosen("attn.c_*"), (Indices{0, 1, 4, 5, 8, 9}));
  EXPECT_EQ(chosen("h.1.*"), (Indices{4, 5, 6, 7}));
  EXPECT_EQ(chosen("h.??.mlp.c_proj"), (Indices{11}));
  EXPECT_EQ(chosen("*mlp*,c_fc"), (Indices{2, 3, 6, 7, 10, 11}));
  EXPECT_EQ(chosen("transformer.h.*.attn.c_attn"), (Indices{0, 4, 8}));
}

TEST(ChooseLayers, ANameDoesNotMatchInTheMiddleOfAWord) {
  refusal("proj");
  refusal("ransformer.h.0.attn.c_attn");
}

TEST(ChooseLayers, WhatMatchesNothingIsAnErrorThatListsWhatThereIs) {
  const auto message = refusal("all,c_atn");
  EXPECT_NE(message.find("\"c_atn\" matches no linear layer"), std::string::npos) << message;
  EXPECT_NE(message.find("Did you mean \"c_attn\"?"), std::string::npos) << message;
  EXPECT_NE(message.find("transformer.h.*.mlp.c_fc"), std::string::npos) << message;
  EXPECT_EQ(refusal("query").find("Did you mean"), std::string::npos);
  refusal("");
  refusal("c_fc,,c_proj");
}

TEST(ChooseLayers, AKindTheModelLacksIsAnError) {
  const std::vector<LayerName> layers = {{"dense", false}};
  EXPECT_FALSE(chooseLayers("attention", layers).hasValue());
}

TEST(ChooseLayersOf, ABottleneckStandsBehindOutputProjectionsAlone) {
  const auto layers = gpt2Layers();
  const auto of = [&](Method method, std::string_view choice) {
    const auto result = chooseLayersOf(method, choice, layers);
    EXPECT_TRUE(result.hasValue()) << result.error().message;
    return result ? *result : Indices{};
  };
  EXPECT_EQ(of(Method::Lora, "h.1.*"), (Indices{4, 5, 6, 7}));
  EXPECT_EQ(of(Method::Houlsby, "all"), (Indices{1, 3, 5, 7, 9, 11}));
  EXPECT_EQ(of(Method::Houlsby, "attention"), (Indices{1, 5, 9}));
  EXPECT_EQ(of(Method::Houlsby, "h.1.*"), (Indices{5, 7}));
  EXPECT_EQ(of(Method::Pfeiffer, "all"), (Indices{3, 7, 11}));
  for (const auto& [method, choice] : {std::pair{Method::Houlsby, "c_attn"}, {Method::Pfeiffer, "attention"}}) {
    const auto refused = chooseLayersOf(method, choice, layers);
    ASSERT_FALSE(refused.hasValue());
    EXPECT_NE(refused.error().message.find("layers: \"" + std::string(choice)), std::string::npos);
    EXPECT_NE(refused.error().message.find("Choose all"), std::string::npos);
  }
}

TEST(ChooseLayers, ManyStarsTakeNoLongTime) {
  std::string pattern;
  for (int i = 0; i < 2000; ++i) pattern += "*a";
  const std::vector<LayerName> layers = {{std::string(20000, 'a') + "b", false}};
  EXPECT_FALSE(chooseLayers(pattern, layers).hasValue());
}

}  // namespace
}  // namespace rosa::adapt
