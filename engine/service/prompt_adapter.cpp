// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/prompt_adapter.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/atomic_write.h"
#include "base/file.h"
#include "base/json.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/safetensors_writer.h"
#include "checkpoint/tensors.h"
#include "model/virtual_tokens.h"
#include "train/opened_model.h"
#include "train/start_adapter.h"

namespace rosa::service {

namespace {

using base::Json;

constexpr const char* kConfig = "adapter_config.json";
constexpr const char* kTensors = "adapter_model.safetensors";
constexpr const char* kEmbeddings = "prompt_embeddings";
/// PEFT wraps the model of a prompt method once, where LoRA's is wrapped twice.
constexpr std::string_view kPrefix = "base_model.";
constexpr const char* kKinds[] = {"PROMPT_TUNING", "PREFIX_TUNING"};  // in the order of VirtualKind

bool classifies(const train::Session& session) {
  return session.config.task == Task::Classification || session.config.task == Task::Regression;
}

std::string configText(const train::Session& session, const std::set<std::string>& savedModules) {
  const auto& model = session.model->config();
  const auto kind = train::virtualKindOf(session.config.method);
  const bool prefix = kind == model::VirtualKind::Prefix;
  auto json = nlohmann::json::parse(R"({"auto_mapping": null, "inference_mode": true, "num_transformer_submodules": 1,
    "peft_version": "0.21.2", "revision": null})");
  json["base_model_name_or_path"] = std::filesystem::absolute(session.config.model).lexically_normal().string();
  json["modules_to_save"] = savedModules.empty() ? nlohmann::json() : nlohmann::json(savedModules);
  json["num_attention_heads"] = prefix ? model.keyValueHeads : model.heads;
  json["num_layers"] = model.layers;
  json["num_virtual_tokens"] = session.config.virtualTokens;
  json["peft_type"] = kKinds[static_cast<std::size_t>(kind)];
  json["task_type"] = classifies(session) ? "SEQ_CLS" : "CAUSAL_LM";
  json["token_dim"] = prefix ? model.keyValueHeads * model.headDim : model.width;
  if (prefix) {
    json.update(nlohmann::json::parse(R"({"encoder_hidden_size": null, "prefix_projection": false})"));
  } else {
    json.update(nlohmann::json::parse(R"({"prompt_tuning_init": "RANDOM", "prompt_tuning_init_text": null,
      "tokenizer_kwargs": null, "tokenizer_name_or_path": null})"));
  }
  return json.dump(2, ' ', true);
}

Status loadPrompt(const std::filesystem::path& folder, const Json& config, model::VirtualKind kind,
                  model::Model& model) {
  const auto problem = [&](const char* file, const std::string& reason) {
    return Error{fmt::format("{}: {}.", (folder / file).string(), reason)};
  };
  if (model.config().virtualTokens > 0) {
    return problem(kConfig, "the model has virtual tokens already: leave the adapter out");
  }
  if (config.value("prefix_projection", false)) {
    return problem(kConfig, "prefix_projection is not built: choose an adapter without it");
  }
  ROSA_TRY(const auto file, checkpoint::SafetensorsFile::open(base::FileSystem::real(), folder / kTensors));
  ROSA_TRY(const auto values, checkpoint::loadTensor(file, kEmbeddings, at::kFloat));
  const auto expected = model::virtualShape(kind, values.dim() == 2 ? values.size(0) : 1, model.config());
  if (values.sizes() != at::IntArrayRef(expected)) {
    return problem(kTensors, fmt::format("{} has the shape [{}] where this model needs [{}]: choose the model it was "
                                         "made for",
                                         kEmbeddings, fmt::join(values.sizes(), ", "), fmt::join(expected, ", ")));
  }
  if (expected[0] >= model.config().longestSequence()) {
    return problem(kTensors, fmt::format("its {} virtual tokens leave no room in the model's {} positions: choose "
                                         "another adapter",
                                         expected[0], model.config().longestSequence()));
  }
  const at::NoGradGuard noGrad;
  for (const auto* entry : file.entries()) {
    if (entry->name == kEmbeddings) continue;
    const auto& tensors = model.tensors();
    const auto stored =
        std::ranges::find_if(tensors, [&](const auto& own) { return std::string(kPrefix) + own.name == entry->name; });
    if (stored == tensors.end() || stored->tensor.sizes().vec() != entry->shape) {
      return problem(kTensors,
                     fmt::format("the model has no tensor like {}: choose the model it was made for, with the "
                                 "head of its task",
                                 entry->name));
    }
    ROSA_CHECK(checkpoint::readTensor(file, entry->name, stored->tensor));
  }
  model.prepend(kind, expected[0], 0).value.copy_(values);
  return {};
}

}  // namespace

Expected<std::int64_t> writePromptAdapter(const train::Session& session, const std::filesystem::path& folder) {
  auto& files = base::FileSystem::real();
  std::vector<checkpoint::TensorToWrite> tensors;
  std::set<std::string> trained, modules;
  for (const auto* parameter : session.parameters) {
    if (parameter->name == kEmbeddings) tensors.push_back(checkpoint::tensorToWrite(kEmbeddings, parameter->value));
    trained.insert(parameter->name);
  }
  const auto head = session.model->headTensors();  // drawn by this run, so nowhere else
  trained.insert(head.begin(), head.end());
  for (const auto& stored : session.model->tensors()) {
    if (!trained.contains(stored.name)) continue;
    tensors.push_back(checkpoint::tensorToWrite(std::string(kPrefix) + stored.name, stored.tensor, at::kFloat));
    modules.insert(stored.name.substr(0, stored.name.rfind('.')));
  }
  ROSA_CHECK(checkpoint::writeSafetensors(files, folder / kTensors, tensors, {{"format", "pt"}}));
  ROSA_CHECK(base::writeFileAtomically(files, folder / kConfig, configText(session, modules)));
  std::int64_t bytes = 0;
  for (const auto& tensor : tensors) bytes += static_cast<std::int64_t>(tensor.bytes());
  return bytes;
}

Status applyAdapter(const std::filesystem::path& folder, model::Model& model) {
  if (!checkpoint::isPeftFolder(folder)) return train::mergeAdapter(folder, model);
  ROSA_TRY(const auto config, base::readJsonFile(base::FileSystem::real(), folder / kConfig));
  const auto type = config.is_object() ? config.find("peft_type") : config.end();
  for (const auto kind : {model::VirtualKind::Prompt, model::VirtualKind::Prefix}) {
    if (type != config.end() && *type == kKinds[static_cast<std::size_t>(kind)]) {
      return loadPrompt(folder, config, kind, model);
    }
  }
  return train::mergeAdapter(folder, model);
}

}  // namespace rosa::service
