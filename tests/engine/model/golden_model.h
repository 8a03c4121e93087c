// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "checkpoint/model_folder.h"
#include "checkpoint/tensors.h"
#include "engine/adapt/golden_tensors.h"
#include "model/build.h"
#include "model/tie.h"
#include "support/device_under_test.h"

/// Reference models and batches as the engine takes them.
namespace rosa::test {

namespace fs = std::filesystem;

/// The model in a Hugging Face folder, or the sentence that says why there is none. `config` stands for another file
/// name than config.json.
inline Expected<std::unique_ptr<model::Model>> openModel(const fs::path& folder,
                                                         const std::string& config = "config.json") {
  auto& files = base::FileSystem::real();
  const auto opened = checkpoint::ModelFolder::open(files, folder);
  if (!opened) return opened.error();
  const auto json = base::readJsonFile(files, folder / config);
  if (!json) return json.error();
  auto parsed = model::parseModelConfig(*json, config);
  if (!parsed) return parsed.error();
  const checkpoint::FileTensorSource source(*opened);
  auto settled = model::settleTie(*std::move(parsed), source);
  if (!settled) return settled.error();
  model::BuildOptions options;
  options.device = deviceUnderTest();
  return model::buildModel(*std::move(settled), &source, options);
}

inline model::Batch onDeviceUnderTest(model::Batch batch) {
  for (auto* tensor : {&batch.tokenIds, &batch.positionIds, &batch.segmentIds, &batch.targets}) {
    if (tensor->defined()) *tensor = tensor->to(deviceUnderTest());
  }
  return batch;
}

/// The padded batch of a reference file without its pads.
struct FlatBatch {
  model::Batch batch;
  at::Tensor real;  ///< where in the flattened [rows, length] each token was
  std::int64_t targets = 0;
};

/// `prefix` is "" or "left."; positions come from the file where it has them, else they count the row's real tokens.
inline FlatBatch flatBatch(const GoldenTensors& golden, const std::string& prefix, const model::ModelConfig& config) {
  FlatBatch flat;
  const auto ids = golden[prefix + "input_ids"];
  const auto mask = golden[prefix + "attention_mask"].to(at::kBool);
  flat.real = mask.flatten().nonzero().squeeze(1);
  const auto pick = [&](const at::Tensor& padded) { return padded.flatten().index_select(0, flat.real); };
  flat.batch.tokenIds = pick(ids);
  const auto counted = mask.to(at::kLong).cumsum(1) - 1 + config.firstPosition;
  flat.batch.positionIds = pick(golden.contains(prefix + "position_ids") ? golden[prefix + "position_ids"] : counted);
  if (golden.contains(prefix + "token_type_ids")) flat.batch.segmentIds = pick(golden[prefix + "token_type_ids"]);
  flat.batch.offsets = {0};
  for (std::int64_t row = 0; row < ids.size(0); ++row)
    flat.batch.offsets.push_back(flat.batch.offsets.back() + mask[row].sum().item<std::int64_t>());
  if (prefix.empty() && golden.contains("labels")) {
    auto labels = golden["labels"];
    const bool inPlace =
        config.head == model::Head::TokenClassification || config.head == model::Head::MaskedLanguageModel;
    if (labels.dim() == 2 && inPlace) {
      labels = pick(labels);
    } else if (labels.dim() == 2) {  // a language model: each position is to predict the next one's label
      auto next = at::full_like(labels, -100);
      next.narrow(1, 0, labels.size(1) - 1).copy_(labels.narrow(1, 1, labels.size(1) - 1));
      labels = pick(next);
    }
    flat.batch.targets = labels;
    flat.targets = labels.is_floating_point() ? labels.size(0) : (labels != -100).sum().item<std::int64_t>();
  }
  flat.batch = onDeviceUnderTest(std::move(flat.batch));
  return flat;
}

/// One sequence of token ids.
inline model::Batch oneSequence(const std::vector<std::int64_t>& ids, std::int64_t firstPosition = 0) {
  model::Batch batch;
  const auto count = static_cast<std::int64_t>(ids.size());
  batch.tokenIds = at::tensor(ids, at::kLong);
  batch.positionIds = at::arange(firstPosition, firstPosition + count, at::kLong);
  batch.offsets = {0, count};
  return onDeviceUnderTest(std::move(batch));
}

}  // namespace rosa::test
