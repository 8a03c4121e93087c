// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/use_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "base/atomic_write.h"
#include "checkpoint/model_writer.h"
#include "checkpoint/tensors.h"
#include "config/values.h"
#include "data/conversations.h"
#include "data/dataset.h"
#include "data/row_shape.h"
#include "generate/continue_text.h"
#include "model/class_names.h"
#include "service/init_presets.h"
#include "service/used_model.h"
#include "train/evaluation.h"
#include "train/generation_config.h"
#include "train/kept_tokens.h"
#include "train/opened_model.h"
#include "train/token_encoder.h"

namespace rosa::service {

namespace {

std::optional<data::LabelMap> labelsOf(const model::ModelConfig& config) {
  if (!model::hasClasses(config.head)) return std::nullopt;
  return data::LabelMap(model::classNames(config));
}

/// Each prompt as a chat template writes it, up to where the model is to speak.
Expected<std::vector<std::string>> renderedPrompts(const GenerationRequest& request,
                                                   const text::ChatTemplate& chatTemplate) {
  std::vector<std::string> all;
  for (const auto& prompt : request.prompts) {
    text::Conversation conversation;
    const bool json = prompt.starts_with("[{") || prompt.starts_with("{\"");
    if (json) {
      ROSA_TRY(conversation, data::parseConversation(prompt, fmt::format("Prompt {}", all.size() + 1)));
    } else {
      conversation.messages.push_back({{"role", "user"}, {"content", prompt}});
    }
    auto& messages = conversation.messages;
    if (!request.system.empty()) {
      messages.insert(messages.begin(), base::Json{{"role", "system"}, {"content", request.system}});
    }
    ROSA_TRY(auto rendered, renderToAnswer(std::move(conversation), chatTemplate));
    all.push_back(std::move(rendered));
  }
  return all;
}

const char* tasksOf(model::Head head) {
  switch (head) {
    case model::Head::Classification:
      return "classification";
    case model::Head::TokenClassification:
      return "token-classification";
    case model::Head::Regression:
      return "regression";
    case model::Head::MaskedLanguageModel:
      return "masked-lm";
    default:
      return "lm or completion";
  }
}

}  // namespace

Expected<EvaluationReport> evaluateModel(const EvaluationRequest& request) {
  auto config = request.data;
  config.model = request.model;
  if (const auto problems = checkConfig(config); !problems.empty()) return Error{joinProblems(problems)};
  ROSA_TRY(auto used, UsedModel::open({.model = config.model, .threads = config.threads, .device = config.device}));
  const auto& modelConfig = used.config();
  if (modelConfig.head != train::headOf(config.task)) {
    return Error{fmt::format(
        "{} is a {} and has no head for task {}. Choose --task {}, or a model trained for that task.",
        config.model.string(), modelConfig.architecture, config::formatValue(config.task), tasksOf(modelConfig.head))};
  }
  ROSA_TRY(const auto* tokenizer, used.tokenizer());
  ROSA_CHECK(train::checkTypes(*tokenizer, modelConfig, !config.textPair.empty()));
  ROSA_TRY(const auto masking, train::maskingOf(config, *tokenizer));
  config.maxLength = std::min(config.maxLength, modelConfig.longestSequence());
  EvaluationReport report;
  report.remarks = used.remarks();
  ROSA_TRY(const auto files, data::locateData(config.data));
  ROSA_TRY(config,
           data::settleShape(std::move(config), files.validation ? *files.validation : files.train, report.remarks));
  std::shared_ptr<const text::ChatTemplate> chatTemplate;
  if (data::holdsConversations(config)) {
    ROSA_TRY(chatTemplate, used.chatTemplate(config.chatTemplate));
  }
  const train::TokenEncoder encoder(*tokenizer, chatTemplate.get());
  const auto labels = labelsOf(modelConfig);
  ROSA_TRY(const auto examples, data::openEvaluationSet(config, encoder, labels ? &*labels : nullptr, report.remarks,
                                                        train::keptTokens(config.model, chatTemplate.get())));
  ROSA_TRY(auto* model, used.weights(config.adapter));

  const auto start = std::chrono::steady_clock::now();
  data::BatchOptions batches{config.batch, modelConfig.firstPosition};
  batches.tokens = config.batchTokens;
  batches.masking = masking;
  const auto evaluation = train::evaluateExamples(*model, examples.examples, {config.task, batches, used.device()}, {});
  report.loss = evaluation->loss;
  report.metrics = evaluation->metrics;
  report.examples = evaluation->examples;
  report.tokens = evaluation->tokens;
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.maxLength = config.maxLength;
  report.truncatedExamples = examples.truncated;
  report.droppedExamples = examples.dropped;
  return report;
}

Expected<GenerationReport> generateTexts(const GenerationRequest& request, const GenerationCallbacks& callbacks) {
  if (const auto problems = checkGeneration(request); !problems.empty()) return Error{joinProblems(problems)};
  ROSA_TRY(
      auto used,
      UsedModel::open(
          {.model = request.model, .threads = request.threads, .device = request.device, .weights = request.weights}));
  if (!used.writes()) return continuesNoText(request.model, used.config());
  ROSA_TRY(const auto* tokenizer, used.tokenizer());
  auto settings = request.settings;
  auto prompts = request.prompts;
  if (request.chat) {
    ROSA_TRY(const auto chatTemplate, used.chatTemplate(request.chatTemplate));
    ROSA_TRY(prompts, renderedPrompts(request, *chatTemplate));
    generate::endAtTurn(text::turnEndOf(*chatTemplate, *tokenizer), settings);
  }
  ROSA_TRY(auto* model, used.weights(request.adapter));
  ROSA_TRY(auto report,
           generate::continueTexts(*model, *tokenizer, prompts, settings, request.batch, used.device(), callbacks));
  auto remarks = used.remarks();
  ROSA_TRY(const auto defaults, train::readGenerationConfig(used.folder(), used.config().vocabularySize));
  if (const auto unused = train::inWords(defaults.unused); !unused.empty()) {
    remarks.push_back(
        fmt::format("generation_config.json asks for {}, which is not used: how texts are chosen is for "
                    "the command to say, and greedy otherwise.",
                    unused));
  }
  report.remarks.insert(report.remarks.begin(), remarks.begin(), remarks.end());
  return report;
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
    if (!any)
      return Error{
          fmt::format("{} has no tokenizer.json to copy. Name another folder with --tokenizer, or leave it out.",
                      request.tokenizer.string())};
  }
  return folder.commit();
}

}  // namespace rosa::service
