// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/prompt_adapter.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "checkpoint/peft_adapter.h"
#include "checkpoint/tensors.h"
#include "model/tie.h"
#include "rosa/task_traits.h"
#include "service/peft_of_run.h"

namespace rosa::service {

namespace {

checkpoint::PeftConfig configOf(const train::Session& session) {
  const auto& model = session.model->config();
  const bool prefix = session.config.method == Method::Prefix;
  const bool classifies = hasLabels(session.config.task);
  checkpoint::PeftConfig config;
  config.kind = prefix ? checkpoint::PeftKind::Prefix : checkpoint::PeftKind::Prompt;
  config.baseModel = std::filesystem::absolute(session.config.model).lexically_normal().string();
  config.taskType = peftTaskType(session.config.task);
  if (classifies) config.modulesToSave = {"classifier", "score"};  // PEFT adds both to what any classifier names
  config.virtualTokens = session.config.virtualTokens;
  config.layers = model.layers;
  config.heads = prefix ? model.keyValueHeads : model.heads;
  config.width = prefix ? model.keyValueHeads * model.headDim : model.embeddingSize();
  return config;
}

/// Whether every layer has keys and values of its own, of one size.
bool layersAreAlike(const model::ModelConfig& config) {
  return std::ranges::all_of(config.layerSpecs, [&](const model::LayerSpec& layer) {
    return layer.keysOf < 0 && layer.keyValueHeads == config.keyValueHeads && layer.headDim == config.headDim;
  });
}

}  // namespace

Expected<std::int64_t> writePromptAdapter(const train::Session& session, const model::Model& bare,
                                          const std::filesystem::path& folder) {
  auto config = configOf(session);
  if (config.kind == checkpoint::PeftKind::Prefix && !layersAreAlike(session.model->config())) {
    return Error{
        "This run is no PEFT adapter: PEFT gives every layer keys of one size, and this model's layers have heads of "
        "several sizes. Name the run's folder where a model is asked for."};
  }
  if (session.config.task == Task::MaskedLanguageModelling) {
    return Error{
        "This run is no PEFT adapter: PEFT puts virtual tokens before a model only for the tasks that it has a name "
        "for, "
        "and masked-lm is none of them. Name the run's folder where a model is asked for."};
  }
  if (!session.config.trainTokens.empty()) {
    return Error{
        "This run is no PEFT adapter: it trained rows of single tokens beside its virtual ones. Name the run's folder "
        "where a model is asked for, or train without train-tokens."};
  }
  std::vector<checkpoint::TensorToWrite> tensors;
  for (const auto* parameter : session.parameters) {
    if (parameter->name != checkpoint::kPeftVirtualTokens) continue;
    tensors.push_back(checkpoint::tensorToWrite(checkpoint::kPeftVirtualTokens, parameter->value));
  }
  const auto moduleOf = [](const std::string& tensor) { return tensor.substr(0, tensor.rfind('.')); };
  const auto head = session.model->headTensors();
  std::set<std::string> saved;
  for (const auto& stored : session.model->tensors()) {
    const auto before = std::ranges::find(bare.tensors(), stored.name, &model::NamedTensor::name);
    const bool same = before != bare.tensors().end() && at::equal(before->tensor, stored.tensor);
    if (same && std::ranges::find(head, stored.name) == head.end()) continue;
    const auto& shape = session.model->config();
    if (model::outputIsTable(shape) && stored.name == model::tokenTable(shape)) {
      return Error{
          fmt::format("This run is no PEFT adapter: it trained {}, to which the output of this model is tied. Name the "
                      "run's folder "
                      "where a model is asked for, or train without train-also.",
                      stored.name)};
    }
    saved.insert(moduleOf(stored.name));
  }
  for (const auto& stored : session.model->tensors()) {
    if (!saved.contains(moduleOf(stored.name))) continue;
    tensors.push_back(
        checkpoint::tensorToWrite(checkpoint::peftNameBesideVirtual(stored.name), stored.tensor, at::kFloat));
    config.saveModule(moduleOf(stored.name));
  }
  ROSA_CHECK(checkpoint::writePeftAdapter(base::FileSystem::real(), folder, config, tensors));
  std::int64_t bytes = 0;
  for (const auto& tensor : tensors) bytes += static_cast<std::int64_t>(tensor.bytes());
  return bytes;
}

}  // namespace rosa::service
