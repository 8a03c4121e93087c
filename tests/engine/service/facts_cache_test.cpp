// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/facts_cache.h"

#include "engine/service/service_fixture.h"

namespace rosa::test {
namespace {

class FactsCacheTest : public ServiceTest {};

TEST_F(FactsCacheTest, AModelIsReadOnceAndAgainAfterAFileChanged) {
  const auto model = copyOfSampleModel();
  service::FactsCache facts;
  const auto first = facts.filesOf(model);
  ASSERT_TRUE(first->config && first->tokenizer);
  EXPECT_EQ(facts.filesOf(model), first);

  auto config = readJson(model / "config.json");
  config["max_position_embeddings"] = 1234;
  writeText(model / "config.json", config.dump());
  const auto second = facts.filesOf(model);
  EXPECT_NE(second, first);
  EXPECT_EQ(second->config->positions, 1234);

  fs::remove(model / "tokenizer.json");
  EXPECT_FALSE(facts.filesOf(model)->tokenizer);
  EXPECT_TRUE(first->tokenizer) << "what was handed out stays";
}

TEST_F(FactsCacheTest, WhatCannotBeReadIsToldEachTimeAndTriedAgainOnceMended) {
  const auto model = copyOfSampleModel();
  const auto content = readText(model / "config.json");
  writeText(model / "config.json", "{");
  service::FactsCache facts;
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(facts.filesOf(model)->config);
    EXPECT_FALSE(facts.filesOf(model)->tokenizer);
  }
  writeText(model / "config.json", content);
  EXPECT_TRUE(facts.filesOf(model)->config);
  EXPECT_FALSE(facts.filesOf(model / "absent")->config);
}

}  // namespace
}  // namespace rosa::test
