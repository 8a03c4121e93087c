// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/use_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/atomic_write.h"
#include "checkpoint/model_writer.h"
#include "checkpoint/tensors.h"
#include "data/conversations.h"
#include "generate/continue_text.h"
#include "service/init_presets.h"
#include "service/used_model.h"
#include "train/generation_config.h"
#include "train/opened_model.h"

namespace rosa::service {

namespace {

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

}  // namespace

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
