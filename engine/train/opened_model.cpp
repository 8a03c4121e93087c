// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/opened_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/text.h"
#include "checkpoint/model_folder.h"
#include "checkpoint/tensors.h"
#include "config/resolve.h"
#include "model/tie.h"
#include "train/generation_config.h"

namespace rosa::train {

namespace {

Error ofFolder(const std::filesystem::path& folder, const Error& error) {
  return {fmt::format("{}: {}", folder.string(), error.message)};
}

}  // namespace

model::Head headOf(Task task) {
  if (task == Task::Classification) return model::Head::Classification;
  if (task == Task::Regression) return model::Head::Regression;
  if (task == Task::TokenClassification) return model::Head::TokenClassification;
  if (task == Task::MaskedLanguageModelling) return model::Head::MaskedLanguageModel;
  return model::Head::LanguageModel;
}

model::VirtualKind virtualKindOf(Method method) {
  return method == Method::Prompt ? model::VirtualKind::Prompt : model::VirtualKind::Prefix;
}

Expected<text::Tokenizer> openTokenizer(const std::filesystem::path& folder, const model::ModelConfig& config) {
  text::ModelTable table{config.vocabularySize, config.bosId, std::nullopt, "config.json"};
  if (!config.eosIds.empty()) table.end = config.eosIds.front();
  ROSA_TRY(auto tokenizer, text::Tokenizer::fromFolder(folder, table));
  if (tokenizer.vocabularySize() > config.vocabularySize) {
    return Error{fmt::format(
        "The tokenizer in {} has {} tokens, but the model's table has {} rows. Choose a folder whose files belong "
        "together.",
        folder.string(), tokenizer.vocabularySize(), config.vocabularySize)};
  }
  return tokenizer;
}

Expected<std::optional<data::Masking>> maskingOf(const RunConfig& config, const text::Tokenizer& tokenizer) {
  if (config.task != Task::MaskedLanguageModelling) return std::optional<data::Masking>();
  const auto mask = tokenizer.roleId(text::Role::Mask);
  if (!mask) {
    return Error{fmt::format(
        "The tokenizer in {} names no mask token, with which task masked-lm hides words. Write \"mask_token\" into "
        "tokenizer_config.json if its vocabulary has one, or choose another model.",
        base::printable(config.model.native()))};
  }
  return std::optional(data::Masking{config.maskRate, *mask, tokenizer.vocabularySize(), config.seed});
}

Expected<std::shared_ptr<const text::ChatTemplate>> openChatTemplate(const std::filesystem::path& model,
                                                                     const std::string& choice,
                                                                     const text::Tokenizer& tokenizer,
                                                                     const std::filesystem::path& stored) {
  const auto& settings = tokenizer.settings();
  const auto special = text::specialTokens(settings);
  std::error_code ignored;
  const bool kept = !stored.empty() && std::filesystem::exists(stored / "chat_template.jinja", ignored);
  const auto chosen = choice.empty() ? std::nullopt : std::optional(choice);
  auto opened = kept ? text::ChatTemplate::open(stored, {}, special)
                     : text::ChatTemplate::open(model, settings.config, special, chosen);
  if (!opened) return Error{"chat-template: " + opened.error().message};
  return std::make_shared<const text::ChatTemplate>(*std::move(opened));
}

Status checkTypes(const text::Tokenizer& tokenizer, const model::ModelConfig& config, bool pair) {
  if (config.isDecoder() || !tokenizer.settings().givesTypes) return {};
  const auto largest = tokenizer.largestType(pair);
  if (largest < config.typeVocabulary) return {};
  return Error{fmt::format(
      "tokenizer.json gives {} the token type {}, but config.json's type_vocab_size is {}. Choose a folder whose files "
      "belong together{}, or leave token_type_ids out of \"model_input_names\" in tokenizer_config.json.",
      pair ? "a second text" : "texts", largest, config.typeVocabulary,
      pair ? ", leave the second text out (text-pair)" : "")};
}

Expected<model::ModelConfig> readModelConfig(const std::filesystem::path& folder) {
  const auto path = folder / "config.json";
  const bool isFolder = std::filesystem::is_directory(folder);
  if (!isFolder || !std::filesystem::exists(path)) {
    return Error{fmt::format("{} {}. Choose a Hugging Face model folder: it holds config.json and model.safetensors.",
                             base::printable(folder.native()), isFolder ? "has no config.json" : "is no folder")};
  }
  ROSA_TRY(const auto json, base::readJsonFile(base::FileSystem::real(), path));
  ROSA_TRY(auto config, model::parseModelConfig(json, path.string()));
  ROSA_TRY(const auto generation, readGenerationConfig(folder, config.vocabularySize));
  // A text ends where either file says so.
  for (const auto id : generation.ends) {
    if (std::ranges::find(config.eosIds, id) == config.eosIds.end()) config.eosIds.push_back(id);
  }
  if (!config.bosId) config.bosId = generation.begin;
  // Weights that cannot be opened are the mistake of whoever needs them.
  const auto opened = checkpoint::ModelFolder::open(base::FileSystem::real(), folder);
  if (!opened) return config;
  return model::settleTie(std::move(config), checkpoint::FileTensorSource(*opened));
}

Expected<at::ScalarType> weightTypeOf(const RunConfig& config) {
  const bool needsFp32 = config.weights == WeightType::Auto && !config::reasonsForFp32(config).empty();
  return weightTypeOf(needsFp32 ? WeightType::Fp32 : config.weights, config.model);
}

Expected<at::ScalarType> weightTypeOf(WeightType asked, const std::filesystem::path& folder) {
  if (asked == WeightType::Fp32) return at::kFloat;
  if (asked == WeightType::Bf16) return at::kBFloat16;
  if (asked == WeightType::Int8) return at::kChar;
  ROSA_TRY(const auto opened, checkpoint::ModelFolder::open(base::FileSystem::real(), folder));
  std::optional<checkpoint::Dtype> common;
  for (const auto* entry : opened.entries()) {
    if (entry->shape.size() != 2) continue;
    if (common && *common != entry->dtype) return at::kFloat;
    common = entry->dtype;
  }
  if (common == checkpoint::Dtype::BF16) return at::kBFloat16;
  return common == checkpoint::Dtype::F16 ? at::kHalf : at::kFloat;
}

Expected<std::unique_ptr<model::Model>> openModel(const std::filesystem::path& folder,
                                                  const model::BuildOptions& options) {
  ROSA_TRY(auto config, readModelConfig(folder));
  ROSA_TRY(const auto opened, checkpoint::ModelFolder::open(base::FileSystem::real(), folder));
  const checkpoint::FileTensorSource source(opened);
  auto model = model::buildModel(std::move(config), &source, options);
  if (!model) return ofFolder(folder, model.error());
  return model;
}

Status checkWeights(const std::filesystem::path& folder, const model::ModelConfig& config,
                    const model::BuildOptions& options) {
  ROSA_TRY(const auto opened, checkpoint::ModelFolder::open(base::FileSystem::real(), folder));
  const auto fit = model::checkTensors(config, checkpoint::FileTensorSource(opened), options);
  return fit ? fit : Status(ofFolder(folder, fit.error()));
}

Expected<std::string> fingerprintModel(const std::filesystem::path& folder) {
  auto& files = base::FileSystem::real();
  ROSA_TRY(const auto opened, checkpoint::ModelFolder::open(files, folder));
  ROSA_TRY(const auto config, base::digestFile(files, folder / "config.json"));
  std::string all = config.sha256;
  for (const auto& shard : opened.shards()) {
    ROSA_TRY(const auto digest, base::digestFile(files, shard.path()));
    all += digest.sha256;
  }
  return all;
}

}  // namespace rosa::train
