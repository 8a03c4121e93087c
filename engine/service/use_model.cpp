// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/use_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
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
#include "device/device.h"
#include "generate/continue_text.h"
#include "model/class_names.h"
#include "service/init_presets.h"
#include "service/stored_run.h"
#include "train/evaluation.h"
#include "train/generation_config.h"
#include "train/kept_tokens.h"
#include "train/model_remarks.h"
#include "train/opened_model.h"
#include "train/start_adapter.h"
#include "train/token_encoder.h"

namespace rosa::service {

namespace {

std::optional<data::LabelMap> labelsOf(const model::ModelConfig& config) {
  if (!model::hasClasses(config.head)) return std::nullopt;
  return data::LabelMap(model::classNames(config));
}

/// What a model's folder holds, opened part by part so that the cheap mistakes come first; or what the newest
/// checkpoint of a run's folder computes.
class UsedModel {
 public:
  static Expected<UsedModel> open(const std::filesystem::path& folder, DeviceChoice choice, std::int64_t threads) {
    UsedModel used;
    used.folder_ = folder;
    ROSA_TRY(used.device_, device::chooseDevice(choice));
    device::useThreads(threads);
    if (isRun(folder)) {
      ROSA_TRY(const auto run, store::openRunFolder(folder));
      ROSA_TRY(auto config, readStoredConfig(run));
      config.device = choice;
      config.threads = threads;
      ROSA_TRY(const auto checkpoint, chooseCheckpoint(run, "last"));
      ROSA_TRY(auto stored, openStoredRun(run, config, checkpoint, DataUse::Leave));
      used.run_ = std::move(stored.session);
    } else {
      ROSA_TRY(used.config_, train::readModelConfig(folder));
    }
    return used;
  }

  /// Of the model; a run's is its base model's.
  [[nodiscard]] const std::filesystem::path& folder() const { return run_ ? run_->config.model : folder_; }
  [[nodiscard]] c10::Device device() const { return device_; }
  [[nodiscard]] const model::ModelConfig& config() const { return run_ ? run_->model->config() : config_; }
  [[nodiscard]] Expected<const text::Tokenizer*> tokenizer() {
    if (run_) return &run_->tokenizer;
    ROSA_TRY(tokenizer_, train::openTokenizer(folder_, config_));
    return &tokenizer_;
  }
  /// How its conversations are written; once the tokenizer was opened.
  [[nodiscard]] Expected<std::shared_ptr<const text::ChatTemplate>> chatTemplate(const std::string& choice) const {
    if (run_ && choice.empty() && run_->chatTemplate) return run_->chatTemplate;
    return train::openChatTemplate(folder(), choice, run_ ? run_->tokenizer : tokenizer_);
  }
  /// On how the folder was read; complete once the tokenizer was opened.
  [[nodiscard]] std::vector<std::string> remarks() const {
    auto all = train::remarksOf(config(), config().head);
    std::ranges::copy((run_ ? run_->tokenizer : tokenizer_).settings().remarks, std::back_inserter(all));
    return all;
  }
  /// With an adapter in or before it, where one is named.
  [[nodiscard]] Expected<model::Model*> model(const std::filesystem::path& adapter) {
    if (!run_) {
      model::BuildOptions options;
      options.device = device_;
      train::untieFor(adapter, options);
      ROSA_TRY(model_, train::openModel(folder_, options));
    }
    auto* model = run_ ? run_->model.get() : model_.get();
    ROSA_CHECK(train::mergeAdapter(adapter, *model));
    return model;
  }

 private:
  static bool isRun(const std::filesystem::path& folder) {
    std::error_code ignored;
    return std::filesystem::exists(folder / "config.yaml", ignored) &&
           !std::filesystem::exists(folder / "config.json", ignored);
  }

  std::filesystem::path folder_;
  c10::Device device_{c10::DeviceType::CPU};
  model::ModelConfig config_;
  text::Tokenizer tokenizer_;
  std::unique_ptr<model::Model> model_;
  std::unique_ptr<train::Session> run_;  ///< of a run
};

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
    conversation.addGenerationPrompt = true;
    ROSA_TRY(auto rendered, chatTemplate.render(conversation));
    all.push_back(std::move(rendered.text));
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
  ROSA_TRY(auto used, UsedModel::open(config.model, config.device, config.threads));
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
  ROSA_TRY(auto* model, used.model(config.adapter));

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
  ROSA_TRY(auto used, UsedModel::open(request.model, request.device, request.threads));
  if (!used.config().isDecoder() || used.config().head != model::Head::LanguageModel) {
    return Error{fmt::format("{} is a {} and continues no text. Choose a GPT-2 or Llama language model.",
                             request.model.string(), used.config().architecture)};
  }
  ROSA_TRY(const auto* tokenizer, used.tokenizer());
  auto settings = request.settings;
  auto prompts = request.prompts;
  if (request.chat) {
    ROSA_TRY(const auto chatTemplate, used.chatTemplate(request.chatTemplate));
    ROSA_TRY(prompts, renderedPrompts(request, *chatTemplate));
    generate::endAtTurn(text::turnEndOf(*chatTemplate, *tokenizer), settings);
  }
  ROSA_TRY(auto* model, used.model(request.adapter));
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
