// SPDX-License-Identifier: GPL-3.0-or-later
#include <functional>

#include "engine/service/service_fixture.h"
#include "rosa/method_traits.h"
#include "service/facts_cache.h"
#include "service/plan_run.h"
#include "train/session.h"

/// What a plan promises is what the run then has, for every method and what changes its numbers.
namespace rosa::test {
namespace {

struct Variant {
  std::string name;
  std::function<void(RunConfig&)> change;
};

class PlanEqualsSession : public ServiceTest {
 protected:
  PlanEqualsSession() {
    std::string rows = "text,label\n";
    for (int row = 0; row < 30; ++row) {
      rows += "the cat and the dog " + std::to_string(row) + "," + (row % 2 == 0 ? "yes" : "no") + "\n";
    }
    writeText(path("rows.csv"), rows);
  }

  [[nodiscard]] RunConfig config(const fs::path& model, Task task) const {
    RunConfig config;
    config.model = model;
    config.data = path("rows.csv");
    config.task = task;
    config.text = "text";
    if (task == Task::Classification) config.label = "label";
    config.validationSplit = 0;
    config.maxLength = 32;
    config.batch = 4;
    config.threads = 1;
    config.rank.value = std::int64_t{4};
    config.device = DeviceChoice::Cpu;
    config.out = path("run");
    return config;
  }

  static void expectSame(const RunConfig& config, const std::string& name) {
    SCOPED_TRACE(name);
    service::FactsCache facts;
    const auto plan = service::planRun(config, facts, {});
    for (const auto& problem : plan.problems) ADD_FAILURE() << problem.key << ": " << problem.message;
    const auto opened = train::openSession(config);
    ASSERT_TRUE(opened) << opened.error().message;
    const auto& session = **opened;
    EXPECT_EQ(plan.totalParameters, session.totalParameters);
    EXPECT_EQ(plan.trainableParameters, session.trainableParameters);
    EXPECT_EQ(plan.trainRows, std::ssize(session.training));
    EXPECT_EQ(plan.stepsPerEpoch, session.counts.stepsPerEpoch);
    EXPECT_EQ(plan.totalSteps, session.counts.totalSteps);
    EXPECT_EQ(plan.resampleEverySteps, session.counts.resampleEvery);

    std::vector<std::string> planned, attached;
    for (const auto& layer : plan.layers) planned.push_back(layer.name);
    for (const auto& layer : session.layers) attached.push_back(layer.name);
    EXPECT_EQ(planned, attached);
    for (std::size_t i = 0; i < std::min(planned.size(), attached.size()); ++i) {
      EXPECT_EQ(plan.layers[i].inFeatures, session.layers[i].slot->weight().size(0));
      EXPECT_EQ(plan.layers[i].outFeatures, session.layers[i].slot->weight().size(1));
    }

    // Each tensor begins on a boundary of 64 bytes in each of the arena's buffers.
    const auto padding = std::ssize(session.parameters) * 64;
    const auto near = [&](std::int64_t promised, std::int64_t real, std::int64_t buffers, const char* what) {
      EXPECT_GE(real, promised) << what;
      EXPECT_LE(real, promised + buffers * padding) << what;
    };
    const auto arena = session.arena->bytes();
    EXPECT_EQ(plan.memory.weightsBytes, session.weightBytes);
    near(plan.memory.trainableBytes, arena.values + arena.gradients + (session.average ? session.average->bytes() : 0),
         2, "values, gradients, averages");
    near(plan.memory.momentsBytes, arena.moments, 2, "moments");
  }

  static void expectSameIn(const RunConfig& base, const std::vector<Variant>& variants, const std::string& name) {
    for (const auto& variant : variants) {
      auto config = base;
      variant.change(config);
      expectSame(config, name + ", " + variant.name);
    }
  }
};

TEST_F(PlanEqualsSession, ForEveryMethodThatCompletesText) {
  const auto llama = makeModel("llama");
  const auto gpt2 = makeModel("gpt2");
  for (const auto method :
       {Method::Rosa, Method::Lora, Method::Full, Method::Dora, Method::Ia3, Method::Relora, Method::Galore,
        Method::Bitfit, Method::Houlsby, Method::Pfeiffer, Method::Prompt, Method::Prefix}) {
    for (const auto& model : {llama, gpt2}) {
      if (method == Method::Bitfit && model == llama) continue;  // it has no biases
      auto base = config(model, Task::LanguageModelling);
      base.method = method;
      std::vector<Variant> variants = {{"as it is", [](auto&) {}},
                                       {"averaged", [](auto& c) { c.ema = 0.9; }},
                                       {"Adafactor", [](auto& c) { c.optimizer = Optimizer::Adafactor; }},
                                       {"8 bit", [](auto& c) { c.optimizer = Optimizer::AdamW8bit; }},
                                       {"steps", [](auto& c) { c.steps = 7; }}};
      if (method != Method::Full) {
        variants.push_back({"a token's row, averaged", [](auto& c) {
                              c.trainTokens = "</s>";
                              c.ema = 0.9;
                            }});
      }
      if (choosesLayers(method)) {
        // Pfeiffer's adapters stand behind the MLP alone.
        if (method != Method::Pfeiffer) variants.push_back({"attention", [](auto& c) { c.layers = "attention"; }});
        variants.push_back(
            {"a norm too", [](auto& c) { c.trainAlso = c.model.filename() == "gpt21" ? "*.ln_f" : "*norm"; }});
      }
      if (hasRank(method)) variants.push_back({"a share", [](auto& c) { c.rank.value = 0.25; }});
      if (hasCycles(method)) {
        variants.push_back({"resampled", [](auto& c) { c.resampleEvery = {Interval::Unit::Steps, 3}; }});
      }
      if (method == Method::Rosa) {
        variants.push_back({"A alone", [](auto& c) { c.adapt = AdaptFactors::A; }});
        variants.push_back({"B alone, averaged", [](auto& c) {
                              c.adapt = AdaptFactors::B;
                              c.ema = 0.9;
                            }});
        variants.push_back({"everything", [](auto& c) { c.rank.value = 1.0; }});
        variants.push_back({"a layer's rank", [](auto& c) { c.layerRanks = {"*mlp*=2"}; }});
      }
      expectSameIn(base, variants, model.filename().string() + " " + configFieldText(base, "method"));
    }
  }
}

TEST_F(PlanEqualsSession, ForEveryMethodThatClassifies) {
  for (const auto& model : {makeModel("bert"), makeModel("roberta")}) {
    for (const auto method :
         {Method::Rosa, Method::Lora, Method::Full, Method::Dora, Method::Ia3, Method::Relora, Method::Galore,
          Method::Bitfit, Method::Head, Method::Houlsby, Method::Pfeiffer, Method::Prefix}) {
      auto base = config(model, Task::Classification);
      base.method = method;
      std::vector<Variant> variants = {{"as it is", [](auto&) {}}, {"averaged", [](auto& c) { c.ema = 0.9; }}};
      if (choosesLayers(method)) variants.push_back({"biases", [](auto& c) { c.trainBias = true; }});
      if (method != Method::Head) variants.push_back({"no head", [](auto& c) { c.trainHead = false; }});
      expectSameIn(base, variants, model.filename().string() + " " + configFieldText(base, "method"));
    }
  }
}

TEST_F(PlanEqualsSession, WhereTokensFillTheBatches) {
  std::string rows = "text\n";
  for (int row = 0; row < 60; ++row) {
    for (int word = 0; word < 1 + row * 7 % 11; ++word) rows += "the cat ";
    rows += "\n";
  }
  writeText(path("unequal.csv"), rows);
  auto base = config(makeModel("llama"), Task::LanguageModelling);
  base.data = path("unequal.csv");
  base.batchTokens = 40;
  base.validationSplit = 0.1;
  expectSameIn(base,
               {{"as it is", [](auto&) {}},
                {"many epochs and a half", [](auto& c) { c.epochs = 12.5; }},
                {"accumulated", [](auto& c) { c.accumulate = 3; }},
                {"in order", [](auto& c) { c.shuffle = false; }},
                {"steps", [](auto& c) { c.steps = 7; }},
                {"prefix", [](auto& c) { c.method = Method::Prefix; }},
                {"within memory", [](auto& c) { c.memory = MemorySize{400'000'000}; }}},
               "tokens");
}

TEST_F(PlanEqualsSession, AMistakeInTheValidationFileIsPutToThatFile) {
  auto wrong = config(makeModel("bert"), Task::Classification);
  wrong.valid = path("none.csv");
  service::FactsCache facts;
  const auto plan = service::planRun(wrong, facts, {});
  ASSERT_EQ(plan.problems.size(), 1U);
  EXPECT_EQ(plan.problems[0].key, "valid");
}

}  // namespace
}  // namespace rosa::test
