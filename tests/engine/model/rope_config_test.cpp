// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/rope_config.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

/// What a config.json asks for, as the logits of transformers 5.24 show it.
namespace rosa::model {
namespace {

using RopeJson = nlohmann::ordered_json;
using Type = RopeConfig::Type;

constexpr RopeDefaults kSmall{.headDim = 16, .positions = 64};

RopeConfig ropeOf(const RopeJson& json, const RopeDefaults& defaults = kSmall) {
  ConfigReader reader(json, "config.json");
  auto rope = readRope(reader, defaults);
  EXPECT_EQ(reader.error(), "");
  return rope;
}

std::string refusedRope(const RopeJson& json, const RopeDefaults& defaults = kSmall) {
  ConfigReader reader(json, "config.json");
  (void)readRope(reader, defaults);
  return reader.error();
}

RopeConfig layerRope(const RopeJson& json, const char* layerType, bool scaled = false) {
  ConfigReader reader(json, "config.json");
  auto rope = readRopeOf(reader, kSmall, layerType, scaled);
  EXPECT_EQ(reader.error(), "");
  return rope;
}

TEST(RopeConfig, TheOriginalLengthIsThePositionsWhereNothingSaysIt) {
  for (const auto* type : {"yarn", "llama3"}) {
    const RopeJson scaling{{"rope_type", type}, {"factor", 2}};
    EXPECT_EQ(ropeOf({{"rope_scaling", scaling}}).originalPositions, 64) << type;
    EXPECT_EQ(ropeOf({{"rope_parameters", scaling}}).originalPositions, 64) << type;
  }
}

TEST(RopeConfig, TheOriginalLengthOutsideCountsBeforeTheOneInside) {
  RopeJson json{{"rope_parameters", {{"rope_type", "yarn"}, {"factor", 2}, {"original_max_position_embeddings", 32}}}};
  EXPECT_EQ(ropeOf(json).originalPositions, 32);
  json["original_max_position_embeddings"] = 16;
  EXPECT_EQ(ropeOf(json).originalPositions, 16);
  auto phi = kSmall;
  phi.originalPositions = 4096;
  EXPECT_EQ(ropeOf(json, phi).originalPositions, 16);
  json.erase("original_max_position_embeddings");
  EXPECT_EQ(ropeOf(json, phi).originalPositions, 4096) << "which its configuration class has";
}

TEST(RopeConfig, RopeScalingCountsBeforeRopeParameters) {
  RopeJson json{{"rope_theta", 500},
                {"rope_parameters", {{"rope_type", "yarn"}, {"factor", 4}, {"rope_theta", 70}}},
                {"rope_scaling", {{"type", "linear"}, {"factor", 2}}}};
  EXPECT_EQ(ropeOf(json).type, Type::Linear);
  EXPECT_EQ(ropeOf(json).factor, 2);
  EXPECT_EQ(ropeOf(json).theta, 500);
  json["rope_scaling"] = RopeJson::object();
  EXPECT_EQ(ropeOf(json).type, Type::Yarn) << "an empty one is none";
  EXPECT_EQ(ropeOf(json).theta, 70);
}

TEST(RopeConfig, APartOfAHeadTurnsOnlyWhereTheFamilyKnowsThat) {
  const RopeJson outside{{"partial_rotary_factor", 0.5}};
  const RopeJson inside{{"rope_parameters", {{"rope_type", "linear"}, {"factor", 2}, {"partial_rotary_factor", 0.5}}}};
  auto partial = kSmall;
  partial.anyShare = true;
  for (const auto& json : {outside, inside}) {
    EXPECT_NE(refusedRope(json).find("'partial_rotary_factor' is not 1"), std::string::npos);
    EXPECT_EQ(ropeOf(json, partial).turnedDims(16), 8);
  }
  EXPECT_NE(refusedRope({{"partial_rotary_factor", 0.33}}, partial).find("makes 5 of a head's 16 dimensions turn"),
            std::string::npos);
}

TEST(RopeConfig, AKindOfLayerHasItsOwnEntryAndNothingBeside) {
  RopeJson json{{"rope_theta", 500}, {"original_max_position_embeddings", 16}};
  json["rope_parameters"] = {{"rope_type", "linear"},
                             {"factor", 8},
                             {"sliding_attention", {{"rope_type", "yarn"}, {"factor", 2}, {"truncate", false}}}};
  EXPECT_EQ(layerRope(json, "full_attention").type, Type::Default);
  EXPECT_EQ(layerRope(json, "full_attention").theta, kSmall.theta);
  EXPECT_EQ(layerRope(json, "sliding_attention").originalPositions, 64);
  EXPECT_TRUE(layerRope(json, "sliding_attention").roundedRange) << "truncate is looked for outside the entries";
  json["rope_parameters"]["truncate"] = false;
  EXPECT_FALSE(layerRope(json, "sliding_attention").roundedRange);
}

TEST(RopeConfig, RopeScalingGoesOnTopOfAnEntry) {
  RopeJson json{{"rope_parameters", {{"full_attention", {{"rope_type", "default"}, {"rope_theta", 500}}}}},
                {"rope_scaling", {{"rope_type", "linear"}, {"factor", 8}}}};
  EXPECT_EQ(layerRope(json, "full_attention", true).type, Type::Linear);
  EXPECT_EQ(layerRope(json, "full_attention", true).theta, 500);
  EXPECT_EQ(layerRope(json, "sliding_attention").type, Type::Default);
  json.erase("rope_parameters");
  EXPECT_EQ(layerRope(json, "full_attention", true).type, Type::Linear);
  json["rope_scaling"] = {{"type", "linear"}, {"factor", 8}};
  EXPECT_EQ(layerRope(json, "full_attention", true).type, Type::Default) << "Transformers keeps its own rope_type";
}

}  // namespace
}  // namespace rosa::model
