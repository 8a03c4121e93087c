// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/model_card.h"

#include <fmt/format.h>

#include "base/file.h"
#include "checkpoint/model_folder.h"
#include "config/values.h"
#include "model/class_names.h"
#include "rosa/method_traits.h"

namespace rosa::service {

nlohmann::ordered_json exportedConfig(const nlohmann::ordered_json& base, const model::ModelConfig& config,
                                      checkpoint::Dtype dtype) {
  auto json = base;
  json["architectures"] = {config.row->className(config.head)};
  json.erase("torch_dtype");
  json["dtype"] = checkpoint::configWord(dtype);
  // What the written tensors are, whatever the folder said that they come from.
  if (config.head == model::Head::LanguageModel) json["tie_word_embeddings"] = config.tied;
  if (model::hasClasses(config.head) || config.head == model::Head::Regression) {
    nlohmann::ordered_json idToLabel = nlohmann::ordered_json::object();
    nlohmann::ordered_json labelToId = nlohmann::ordered_json::object();
    for (std::int64_t id = 0; const auto& name : model::classNames(config)) {
      idToLabel[std::to_string(id)] = name;
      labelToId[name] = id++;
    }
    json["num_labels"] = config.labels;
    json["id2label"] = idToLabel;
    json["label2id"] = labelToId;
    if (config.head == model::Head::TokenClassification) {
      json.erase("problem_type");
    } else {
      json["problem_type"] = config.head == model::Head::Regression ? "regression" : "single_label_classification";
    }
  }
  return json;
}

std::string modelCard(const train::Session& session, const train::Progress& progress, ExportForm as) {
  const auto& config = session.config;
  const auto base = config.model.filename().empty() ? config.model.parent_path().filename() : config.model.filename();
  const auto license = checkpoint::statedLicense(base::FileSystem::real(), config.model);
  std::string card = "---\n";
  if (!license.empty()) card += fmt::format("license: {}\n", license);
  card += fmt::format("base_model: {}\n---\n\n# {} fine-tuned with {}\n\n", base.string(), base.string(),
                      config::formatValue(config.method));
  card += fmt::format("- Base model: {}\n- Data: {}\n- Task: {}\n- Steps: {} of {}\n- Trainable parameters: {} of {}\n",
                      base.string(), config.data.filename().string(), config::formatValue(config.task), progress.step,
                      session.counts.totalSteps, session.trainableParameters, session.totalParameters);
  if (hasCycles(config.method)) card += fmt::format("- Subspace resamples: {}\n", progress.cycle);
  if (!progress.lastMetrics.empty()) card += "\n## Evaluation\n\n| metric | value |\n|---|---|\n";
  for (const auto& [name, value] : progress.lastMetrics) card += fmt::format("| {} | {:.6g} |\n", name, value);
  card += "\n## Settings\n\n| key | value |\n|---|---|\n";
  for (const auto& field : configFields()) {
    // Paths tell more of the machine than of the model.
    if (field.key == "model" || field.key == "data" || field.key == "valid" || field.key == "out" ||
        field.key == "adapter") {
      continue;
    }
    auto value = configFieldText(config, field.key);
    if (!value.empty() && value.find_first_of("|\n") == std::string::npos) {
      card += fmt::format("| {} | {} |\n", field.key, value);
    }
  }
  card += as == ExportForm::Merged
              ? "\nThe adapted weights are merged: the folder loads like the base model, without any adapter.\n"
              : "\nThe folder holds a PEFT adapter, to be loaded onto the base model.\n";
  return card;
}

}  // namespace rosa::service
