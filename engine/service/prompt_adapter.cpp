// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/prompt_adapter.h"

#include <ATen/ATen.h>

#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "checkpoint/peft_adapter.h"
#include "checkpoint/tensors.h"

namespace rosa::service {

namespace {

checkpoint::PeftConfig configOf(const train::Session& session) {
  const auto& model = session.model->config();
  const bool prefix = session.config.method == Method::Prefix;
  const bool classifies = session.config.task == Task::Classification || session.config.task == Task::Regression;
  checkpoint::PeftConfig config;
  config.kind = prefix ? checkpoint::PeftKind::Prefix : checkpoint::PeftKind::Prompt;
  config.baseModel = std::filesystem::absolute(session.config.model).lexically_normal().string();
  config.taskType = classifies ? "SEQ_CLS" : "CAUSAL_LM";
  if (classifies) config.modulesToSave = {"classifier", "score"};  // PEFT adds both to what any classifier names
  config.virtualTokens = session.config.virtualTokens;
  config.layers = model.layers;
  config.heads = prefix ? model.keyValueHeads : model.heads;
  config.width = prefix ? model.keyValueHeads * model.headDim : model.width;
  return config;
}

}  // namespace

Expected<std::int64_t> writePromptAdapter(const train::Session& session, const std::filesystem::path& folder) {
  auto config = configOf(session);
  std::vector<checkpoint::TensorToWrite> tensors;
  std::set<std::string> trained;
  for (const auto* parameter : session.parameters) {
    if (parameter->name == checkpoint::kPeftVirtualTokens) {
      tensors.push_back(checkpoint::tensorToWrite(checkpoint::kPeftVirtualTokens, parameter->value));
    }
    trained.insert(parameter->name);
  }
  const auto head = session.model->headTensors();  // drawn by this run, so nowhere else
  trained.insert(head.begin(), head.end());
  for (const auto& stored : session.model->tensors()) {
    if (!trained.contains(stored.name)) continue;
    tensors.push_back(
        checkpoint::tensorToWrite(checkpoint::peftNameBesideVirtual(stored.name), stored.tensor, at::kFloat));
    config.saveModule(stored.name.substr(0, stored.name.rfind('.')));
  }
  ROSA_CHECK(checkpoint::writePeftAdapter(base::FileSystem::real(), folder, config, tensors));
  std::int64_t bytes = 0;
  for (const auto& tensor : tensors) bytes += static_cast<std::int64_t>(tensor.bytes());
  return bytes;
}

}  // namespace rosa::service
