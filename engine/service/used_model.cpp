// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/used_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

#include "device/device.h"
#include "service/import_gguf.h"
#include "service/stored_run.h"
#include "train/model_remarks.h"
#include "train/opened_model.h"
#include "train/start_adapter.h"

namespace rosa::service {

bool isRun(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::exists(folder / "config.yaml", ignored) &&
         !std::filesystem::exists(folder / "config.json", ignored);
}

Expected<UsedModel> UsedModel::open(const ModelRequest& request) {
  UsedModel used;
  used.folder_ = request.model;
  used.weightType_ = request.weights;
  ROSA_TRY(used.device_, device::chooseDevice(request.device));
  device::useThreads(request.threads);
  if (isRun(request.model)) {
    ROSA_TRY(const auto run, store::openRunFolder(request.model));
    ROSA_TRY(auto config, readStoredConfig(run));
    if (!request.base) {
      if (request.weights != WeightType::Auto) {
        return Error{fmt::format(
            "weights: a run computes with its weights as it was trained; leave it out, or export {} and use the model.",
            request.model.string())};
      }
      config.device = request.device;
      config.threads = request.threads;
      ROSA_TRY(const auto checkpoint, chooseCheckpoint(run, request.checkpoint));
      ROSA_TRY(auto stored, openStoredRun(run, config, checkpoint, DataUse::Leave));
      used.run_ = std::move(stored.session);
      return used;
    }
    ROSA_TRY(used.folder_, modelFolderOf(config.model));
    used.startAdapter_ = config.adapter;
    used.runFolder_ = run.path;
  } else if (request.base) {
    return Error{fmt::format("{} is no run, so there is no other model that it began with. Name a run's folder.",
                             request.model.string())};
  }
  ROSA_TRY(used.config_, train::readModelConfig(used.folder_));
  return used;
}

Expected<const text::Tokenizer*> UsedModel::tokenizer() {
  if (run_) return &run_->tokenizer;
  ROSA_TRY(tokenizer_, train::openTokenizer(folder_, config_));
  return &tokenizer_;
}

Expected<std::shared_ptr<const text::ChatTemplate>> UsedModel::chatTemplate(const std::string& choice) const {
  if (run_ && choice.empty() && run_->chatTemplate) return run_->chatTemplate;
  return train::openChatTemplate(folder(), choice, run_ ? run_->tokenizer : tokenizer_,
                                 choice.empty() ? runFolder_ : std::filesystem::path());
}

std::vector<std::string> UsedModel::remarks() const {
  auto all = train::remarksOf(config(), config().head);
  std::ranges::copy((run_ ? run_->tokenizer : tokenizer_).settings().remarks, std::back_inserter(all));
  return all;
}

Expected<model::Model*> UsedModel::weights(const std::filesystem::path& adapter) {
  if (!run_) {
    model::BuildOptions options;
    options.device = device_;
    const bool adapted = !adapter.empty() || !startAdapter_.empty();
    if (adapted && weightType_ != WeightType::Auto && weightType_ != WeightType::Fp32) {
      return Error{"weights: an adapter is put into weights in fp32; leave it out."};
    }
    // Of an adapter's change rounding would take a part. On a GPU nothing has shown yet that it pays.
    if (!adapted && (device_.is_cpu() || weightType_ != WeightType::Auto)) {
      ROSA_TRY(options.weights, train::weightTypeOf(weightType_, folder_));
    }
    for (const auto& one : {startAdapter_, adapter}) train::untieFor(one, options);
    ROSA_TRY(model_, train::openModel(folder_, options));
    ROSA_CHECK(train::mergeAdapter(startAdapter_, *model_));
  }
  auto* model = run_ ? run_->model.get() : model_.get();
  ROSA_CHECK(train::mergeAdapter(adapter, *model));
  return model;
}

Error continuesNoText(const std::filesystem::path& asked, const model::ModelConfig& config) {
  return Error{fmt::format("{} is a {} and continues no text. Choose a GPT-2 or Llama language model.", asked.string(),
                           config.architecture)};
}

Expected<std::string> renderToAnswer(text::Conversation conversation, const text::ChatTemplate& chatTemplate) {
  conversation.addGenerationPrompt = true;
  ROSA_TRY(auto rendered, chatTemplate.render(conversation));
  return std::move(rendered.text);
}

}  // namespace rosa::service
