// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "pages/configure/quick_plan.h"
#include "rosa/engine.h"
#include "support/golden.h"

/// The numbers that the window shows while one types are those that the engine then answers with.
namespace rosa::test {
namespace {

using Changes = std::vector<std::pair<const char*, const char*>>;

RunConfig changed(RunConfig config, const Changes& changes) {
  for (const auto& [key, value] : changes) {
    EXPECT_TRUE(setConfigField(config, key, value)) << key << " " << value;
  }
  return config;
}

RunConfig sample() {
  const auto samples = sourceDirectory() / "resources" / "samples";
  RunConfig config;
  config.model = samples / "stories260k";
  config.data = samples / "e2e";
  return changed(config, {{"task", "completion"},
                          {"prompt", "mr"},
                          {"completion", "ref"},
                          {"max-rows", "150"},
                          {"resample-every", "5steps"},
                          {"epochs", "2"}});
}

void expectSame(const ui::QuickPlan& quick, const RunPlan& plan) {
  EXPECT_EQ(quick.trainableParameters, plan.trainableParameters);
  EXPECT_EQ(quick.stepsPerEpoch, plan.stepsPerEpoch);
  EXPECT_EQ(quick.totalSteps, plan.totalSteps);
  EXPECT_EQ(quick.resamples, plan.expectedResamples);
}

TEST(QuickPlanAgainstEngine, EveryRankOfEveryMethodThatHasOne) {
  const auto engine = createEngine();
  for (const char* method : {"rosa", "lora", "dora", "relora", "galore", "houlsby", "pfeiffer"}) {
    const RunConfig planned = changed(sample(), {{"method", method}});
    const RunPlan plan = engine->plan(planned);
    ASSERT_TRUE(plan.problems.empty()) << method << ": " << joinProblems(plan.problems);
    for (const char* rank : {"1", "5", "32", "0.3", "50%"}) {
      SCOPED_TRACE(std::string(method) + " " + rank);
      const RunConfig next = changed(planned, {{"rank", rank}});
      const auto quick = ui::quickPlan(plan, planned, next);
      ASSERT_TRUE(quick.has_value());
      expectSame(*quick, engine->plan(next));
    }
  }
}

TEST(QuickPlanAgainstEngine, EveryLengthAndInterval) {
  const auto engine = createEngine();
  const RunConfig planned = sample();
  const RunPlan plan = engine->plan(planned);
  for (const Changes& changes :
       {Changes{{"epochs", "1.1"}}, Changes{{"epochs", "0.01"}, {"resample-every", "never"}},
        Changes{{"batch", "7"}, {"accumulate", "3"}, {"resample-every", "0.3epochs"}},
        Changes{{"epochs", ""}, {"steps", "33"}, {"resample-every", "1epoch"}}, Changes{{"epochs", ""}}}) {
    SCOPED_TRACE(changes.front().second);
    const RunConfig next = changed(planned, changes);
    const auto quick = ui::quickPlan(plan, planned, next);
    ASSERT_TRUE(quick.has_value());
    expectSame(*quick, engine->plan(next));
  }
}

TEST(QuickPlanAgainstEngine, WhatItAnswersForFactorsAndRanksOfTheirOwnIsRight) {
  const auto engine = createEngine();
  for (const Changes& changes : {Changes{{"adapt", "a"}}, Changes{{"adapt", "b"}}, Changes{{"layer-rank", "mlp=2"}}}) {
    SCOPED_TRACE(changes.front().second);
    const RunConfig planned = changed(sample(), changes);
    const RunPlan plan = engine->plan(planned);
    const RunConfig longer = changed(planned, {{"epochs", "3"}});
    const auto quick = ui::quickPlan(plan, planned, longer);
    ASSERT_TRUE(quick.has_value());
    expectSame(*quick, engine->plan(longer));
    EXPECT_FALSE(ui::quickPlan(plan, planned, changed(planned, {{"rank", "3"}})).has_value());
  }
}

}  // namespace
}  // namespace rosa::test
