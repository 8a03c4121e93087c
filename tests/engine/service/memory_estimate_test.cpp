// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/memory_estimate.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "adapt/adaptation.h"
#include "device/memory.h"
#include "engine/model/full_training.h"
#include "engine/model/tiny_models.h"
#include "engine/train/sample_project.h"
#include "rosa/engine.h"
#include "train/batch_tensors.h"
#include "train/resampling.h"

namespace rosa::train {
namespace {

constexpr c10::DeviceType kCpu = c10::DeviceType::CPU;

/// What a first draw leaves in memory.
std::int64_t keptAfterDraw(Session& session) {
  const auto before = device::tensorMemory(kCpu).allocatedBytes;
  (void)resampleLayers(session, 0, 0);
  return device::tensorMemory(kCpu).allocatedBytes - before;
}

TEST(ResampleBytes, AreThoseOfTheBasisThatASweepKeeps) {
  device::installCountingAllocator();
  test::SampleProject project;
  const auto windows = project.open();
  EXPECT_EQ(resampleBytes(windows->config, layersOf(*windows)), 0);
  project.config.slice = SliceRule::Sweep;
  const auto sweep = project.open();
  const auto expected = resampleBytes(sweep->config, layersOf(*sweep));
  EXPECT_GT(expected, 0);
  EXPECT_EQ(keptAfterDraw(*sweep) - keptAfterDraw(*windows), expected);
}

TEST(ResampleBytes, OfASweepAreNoneWhereDirectionsAreRandom) {
  test::SampleProject project;
  project.config.slice = SliceRule::Sweep;
  const auto layers = layersOf(*project.open());
  project.config.basis = Basis::Fast;
  EXPECT_EQ(resampleBytes(project.config, layers), 0);
  project.config.basis = Basis::Exact;
  project.config.factorise = Factorise::RandomAdd;
  EXPECT_EQ(resampleBytes(project.config, layers), 0);
}

TEST(ResampleBytes, AreThoseOfTheGatheredGradient) {
  device::installCountingAllocator();
  test::SampleProject project;
  project.config.slice = SliceRule::Gradient;
  const auto session = project.open();
  const auto batch = toTensors(session->batches(1).front(), session->device);
  const auto before = device::tensorMemory(kCpu).allocatedBytes;
  for (auto* adaptation : session->adaptations()) adaptation->gatherGradient(true);
  session->model->loss(batch, {}, 1).backward();
  EXPECT_EQ(device::tensorMemory(kCpu).allocatedBytes - before, resampleBytes(session->config, layersOf(*session)));
}

TEST(ResampleBytes, ArePartOfAPlan) {
  test::SampleProject project;
  const auto engine = createEngine();
  const auto layers = layersOf(*project.open());
  const auto windows = engine->plan(project.config).memory;
  for (const auto slice : {SliceRule::Sweep, SliceRule::Gradient}) {
    project.config.slice = slice;
    const auto other = engine->plan(project.config).memory;
    EXPECT_EQ(other.activationsBytes - windows.activationsBytes, resampleBytes(project.config, layers));
    EXPECT_EQ(other.trainableBytes, windows.trainableBytes);
  }
}

/// A tiny config.json of each way to mix a layer's tokens.
std::vector<std::pair<std::string, nlohmann::ordered_json>> mixings() {
  std::vector<std::pair<std::string, nlohmann::ordered_json>> all;
  for (const auto family : {test::Family::Llama, test::Family::Lfm2, test::Family::Qwen35}) {
    all.emplace_back(test::familyName(family), test::tinyConfig(family));
  }
  auto gated = test::tinyConfig(test::Family::Qwen35);
  gated.erase("layer_types");
  gated["full_attention_interval"] = 1;
  gated["num_attention_heads"] = 8;
  gated["num_key_value_heads"] = 1;
  gated["head_dim"] = 32;
  all.emplace_back("gated attention alone", gated);
  return all;
}

/// What a forward pass leaves for its backward pass, whatever mixes a layer's tokens.
TEST(ActivationBytes, AreThoseThatAPassLeavesInMemory) {
  device::installCountingAllocator();
  for (auto [name, json] : mixings()) {
    json["hidden_size"] = 64;
    json["intermediate_size"] = 96;
    json["max_position_embeddings"] = 1000;
    const auto model = test::tinyModel(json);
    const test::FullTraining training(*model);
    MemoryFacts facts;
    facts.tokensPerBatch = 900;
    const auto batch = test::tinyBatch(model->config(), {500, 400});
    const auto before = device::tensorMemory(kCpu).allocatedBytes;
    const auto loss = model->loss(batch, {}, 1);
    const auto left = static_cast<double>(device::tensorMemory(kCpu).allocatedBytes - before);
    const auto said = static_cast<double>(estimateMemory(model->config(), facts).activationsBytes);
    EXPECT_GT(said, 0.75 * left) << name << ": " << left;
    EXPECT_LT(said, 1.5 * left) << name << ": " << left;
  }
}

}  // namespace
}  // namespace rosa::train
