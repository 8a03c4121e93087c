// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "data/example.h"
#include "engine/adapt/golden_tensors.h"
#include "engine/adapt/matrices.h"
#include "model/model.h"
#include "rosa/config.h"
#include "support/device_under_test.h"
#include "support/golden.h"

/// What the reference traces of rosa/trace and training have in common (golden/README.md).
namespace rosa::test {

/// The index of a folder of traces; an empty object where there is none.
inline base::Json traceIndex(const std::filesystem::path& folder) {
  auto json = base::readJsonFile(base::FileSystem::real(), folder / "index.json");
  return json ? *std::move(json) : base::Json::object();
}

/// "a,b,c".
inline std::string joined(const std::vector<std::string>& parts, char separator) {
  std::string text;
  for (const auto& part : parts) {
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

/// A name that GoogleTest takes.
inline std::string testNameOf(std::string name) {
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

/// The rows of `batch.*` [batches, rows, length] without their pads, one after another, as examples of a data set.
/// Taken in order and `rows` at a time they are the reference's batches.
inline std::vector<data::Example> examplesOf(const GoldenTensors& golden) {
  const auto ids = golden["batch.input_ids"];
  const auto mask = golden["batch.attention_mask"].to(at::kBool);
  const auto labels = golden["batch.labels"];
  if (golden.contains("batch.token_type_ids")) throw std::runtime_error("segments are not read here");
  std::vector<data::Example> examples;
  const auto add = [&](const at::Tensor& values, const at::Tensor& real, std::vector<std::int32_t>& to) {
    for (std::int64_t i = 0; i < values.size(0); ++i) {
      if (real[i].item<bool>()) to.push_back(values[i].item<std::int32_t>());
    }
  };
  for (std::int64_t batch = 0; batch < ids.size(0); ++batch) {
    for (std::int64_t row = 0; row < ids.size(1); ++row) {
      auto& example = examples.emplace_back();
      const auto real = mask[batch][row];
      add(ids[batch][row], real, example.tokenIds);
      const auto label = labels[batch][row];
      if (label.dim() == 0) {
        example.label = label.item<std::int64_t>();
        example.targetCount = 1;
        continue;
      }
      auto next = at::full_like(label, data::kNoTarget);  // each position is to predict the next one's label
      next.narrow(0, 0, label.size(0) - 1).copy_(label.narrow(0, 1, label.size(0) - 1));
      add(next, real, example.targets);
      example.targetCount = std::ranges::count_if(example.targets, [](auto id) { return id != data::kNoTarget; });
    }
  }
  return examples;
}

/// What every trace asks for: its batches in order, nothing beside the training itself.
inline RunConfig traceConfig(const GoldenTensors& golden) {
  RunConfig config;
  config.task = golden["batch.labels"].dim() == 2 ? Task::Classification : Task::LanguageModelling;
  config.batch = golden["batch.input_ids"].size(1);
  config.shuffle = false;
  config.schedule = Schedule::Constant;
  config.warmup = {};
  config.evalEvery = config.saveEvery = config.sampleEvery = {};
  config.sampleTokens = 0;
  config.device = deviceChoice();
  return config;
}

/// The optimizer by the index's name; false where it is not built.
inline bool chooseOptimizer(const std::string& name, RunConfig& config) {
  if (name == "adamw") config.optimizer = Optimizer::AdamW;
  if (name == "sgd") config.optimizer = Optimizer::Sgd;
  if (name == "adafactor") config.optimizer = Optimizer::Adafactor;
  return name == "adamw" || name == "sgd" || name == "adafactor";
}

inline at::Tensor storedTensor(const model::Model& model, const std::string& name) {
  for (const auto& stored : model.tensors()) {
    if (stored.name == name) return stored.tensor;
  }
  throw std::runtime_error("The model has no tensor " + name);
}

}  // namespace rosa::test
