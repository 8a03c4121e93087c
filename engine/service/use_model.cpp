// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/use_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <chrono>
#include <vector>

#include "base/atomic_write.h"
#include "checkpoint/model_writer.h"
#include "checkpoint/tensors.h"
#include "data/dataset.h"
#include "device/device.h"
#include "generate/continue_text.h"
#include "service/init_presets.h"
#include "train/evaluation.h"
#include "train/opened_model.h"
#include "train/start_adapter.h"
#include "train/token_encoder.h"

namespace rosa::service {

namespace {

std::optional<data::LabelMap> labelsOf(const model::ModelConfig& config) {
  if (config.head != model::Head::Classification) return std::nullopt;
  std::vector<std::string> names;
  for (std::int64_t id = 0; id < config.labels; ++id) {
    const auto named = config.labelNames.find(id);
    names.push_back(named == config.labelNames.end() ? fmt::format("LABEL_{}", id) : named->second);
  }
  return data::LabelMap(std::move(names));
}

}  // namespace

Expected<EvaluationReport> evaluateModel(const EvaluationRequest& request) {
  auto config = request.data;
  config.model = request.model;
  if (const auto problems = checkConfig(config); !problems.empty()) return Error{joinProblems(problems)};
  ROSA_TRY(const auto device, device::chooseDevice(config.device));
  device::useThreads(config.threads);
  ROSA_TRY(const auto modelConfig, train::readModelConfig(config.model));
  if (modelConfig.head != train::headOf(config.task)) {
    return Error{fmt::format("{} is a {} and has no head for the task asked for. Choose another --task, or train one.",
                             config.model.string(), modelConfig.architecture)};
  }
  ROSA_TRY(const auto tokenizer, train::openTokenizer(config.model, modelConfig));
  config.maxLength = std::min(config.maxLength, modelConfig.longestSequence());
  const train::TokenEncoder encoder(tokenizer);
  const auto labels = labelsOf(modelConfig);
  ROSA_TRY(const auto examples, data::openEvaluationSet(config, encoder, labels ? &*labels : nullptr));
  model::BuildOptions options;
  options.device = device;
  ROSA_TRY(auto model, train::openModel(config.model, options));
  ROSA_CHECK(train::mergeAdapter(config.adapter, *model));

  const auto start = std::chrono::steady_clock::now();
  const auto evaluation = train::evaluateExamples(*model, examples.examples,
                                                  {config.task, config.batch, modelConfig.firstPosition, device}, {});
  EvaluationReport report;
  report.loss = evaluation->loss;
  report.metrics = evaluation->metrics;
  report.examples = evaluation->examples;
  report.tokens = evaluation->tokens;
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

Expected<GenerationReport> generateTexts(const GenerationRequest& request, const GenerationCallbacks& callbacks) {
  if (const auto problems = checkGeneration(request); !problems.empty()) return Error{joinProblems(problems)};
  ROSA_TRY(const auto device, device::chooseDevice(request.device));
  device::useThreads(request.threads);
  ROSA_TRY(const auto config, train::readModelConfig(request.model));
  if (!config.decoder() || config.head != model::Head::LanguageModel) {
    return Error{fmt::format("{} is a {} and continues no text. Choose a GPT-2 or Llama language model.",
                             request.model.string(), config.architecture)};
  }
  ROSA_TRY(const auto tokenizer, train::openTokenizer(request.model, config));
  model::BuildOptions options;
  options.device = device;
  ROSA_TRY(auto model, train::openModel(request.model, options));
  ROSA_CHECK(train::mergeAdapter(request.adapter, *model));
  return generate::continueTexts(*model, tokenizer, request.prompts, request.settings, request.batch, device,
                                 callbacks);
}

Status initialiseModel(const InitRequest& request) {
  auto& files = base::FileSystem::real();
  ROSA_TRY(const auto json, presetConfig(request.arch, request.preset));
  ROSA_TRY(auto config, model::parseModelConfig(json, "the preset's config.json"));
  ROSA_TRY(auto folder, base::AtomicFolder::begin(files, request.destination));
  model::BuildOptions options;
  options.seed = static_cast<std::uint64_t>(request.seed);
  ROSA_TRY(const auto model, model::buildModel(std::move(config), nullptr, options));
  std::vector<checkpoint::TensorToWrite> tensors;
  for (const auto& stored : model->tensors()) tensors.push_back(checkpoint::tensorToWrite(stored.name, stored.tensor));
  ROSA_TRY(const auto written, checkpoint::writeModelTensors(files, folder.temporaryPath(), tensors));
  ROSA_CHECK(base::writeFileAtomically(files, folder.temporaryPath() / "config.json", json.dump(2) + "\n"));
  if (!request.tokenizer.empty()) {
    bool any = false;
    for (const char* name : {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"}) {
      const auto source = request.tokenizer / name;
      if (!std::filesystem::exists(source)) continue;
      ROSA_TRY(const auto bytes, base::readFile(files, source, std::uint64_t{256} << 20));
      ROSA_CHECK(base::writeFileAtomically(files, folder.temporaryPath() / name, bytes));
      any = true;
    }
    if (!any) return Error{fmt::format("{} has no tokenizer.json to copy.", request.tokenizer.string())};
  }
  return folder.commit();
}

}  // namespace rosa::service
