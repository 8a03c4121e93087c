// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <system_error>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "checkpoint/model_folder.h"
#include "checkpoint/peft_adapter.h"
#include "checkpoint/tensors.h"
#include "rosa/exported.h"
#include "service/chat_of_run.h"
#include "service/guard.h"
#include "text/turn_end.h"
#include "train/chat_remarks.h"
#include "train/finite.h"
#include "train/opened_model.h"

namespace rosa {

namespace {

namespace fs = std::filesystem;
using base::Json;

constexpr const char* kAgain = "Export it again.";

bool isIn(const fs::path& folder, const char* name) {
  std::error_code none;
  return fs::exists(folder / name, none);
}

/// Every floating-point tensor, one at a time.
Status checkFinite(const checkpoint::ModelFolder& folder, CheckReport& report) {
  for (const auto& shard : folder.shards()) {
    for (const auto* entry : shard.entries()) {
      if (!checkpoint::isFloating(entry->dtype)) continue;
      if (!checkpoint::scalarType(entry->dtype)) {
        report.remarks.push_back(fmt::format("{} in {} is stored as {} and was not looked into.",
                                             base::inQuotes(entry->name), base::printable(shard.path().native()),
                                             checkpoint::dtypeName(entry->dtype)));
        continue;
      }
      ROSA_TRY(const auto tensor, checkpoint::loadTensor(shard, entry->name));
      if (train::allFinite(tensor)) continue;
      return Error{fmt::format("{} in {} holds a number that is not finite (NaN or Inf). {}",
                               base::inQuotes(entry->name), base::printable(shard.path().native()), kAgain)};
    }
  }
  return {};
}

/// Only what stands in the file itself: readers leave out an id that the model has no row for.
Status checkEndIds(const fs::path& path, std::int64_t rows) {
  ROSA_TRY(const auto json, base::readJsonFile(base::FileSystem::real(), path));
  const auto given = json.is_object() ? json.find("eos_token_id") : json.end();
  if (!json.is_object() || given == json.end() || given->is_null()) return {};
  const auto ids = given->is_array() ? *given : Json::array({*given});
  for (const auto& id : ids) {
    if (id.is_number_integer() && id < rows) continue;
    return Error{fmt::format(
        "eos_token_id of {} names {}, and the model's table has the rows 0 to {}. {}", base::printable(path.native()),
        base::printable(id.dump(-1, ' ', false, Json::error_handler_t::replace)), rows - 1, kAgain)};
  }
  return {};
}

Status checkEndTokens(const fs::path& folder, const model::ModelConfig& config, const text::Tokenizer& tokenizer,
                      CheckReport& report) {
  if (!config.isDecoder()) return {};
  const bool generates = config.head == model::Head::LanguageModel;
  if (generates && !isIn(folder, "generation_config.json")) {
    return Error{fmt::format("{} has no generation_config.json, which says where texts end. {}",
                             base::printable(folder.native()), kAgain)};
  }
  for (const char* name : {"generation_config.json", "config.json"}) {
    if (isIn(folder, name)) ROSA_CHECK(checkEndIds(folder / name, config.vocabularySize));
  }
  for (const auto id : config.eosIds) {
    const auto* text = tokenizer.tokenText(static_cast<std::int32_t>(id));
    report.endTokens.push_back(text != nullptr ? *text : std::to_string(id));
  }
  if (generates && config.eosIds.empty()) {
    report.remarks.push_back(fmt::format("{} names no end token, so that texts end only at their greatest length.",
                                         base::printable(folder.native())));
  }
  return {};
}

/// chat_template of tokenizer_config.json; null without one.
Json templateInConfig(const text::Tokenizer& tokenizer) {
  const auto& config = tokenizer.settings().config;
  return config.is_object() ? config.value("chat_template", Json()) : Json();
}

/// The templates that tokenizer_config.json holds, by name.
std::map<std::string, Json> byName(const Json& templates) {
  if (!templates.is_array()) return {{"default", templates}};
  std::map<std::string, Json> all;
  for (const auto& entry : templates) {
    if (entry.is_object() && entry.contains("name") && entry["name"].is_string()) {
      all[entry["name"].get<std::string>()] = entry.value("template", Json());
    }
  }
  return all;
}

/// chat_template.jinja (with what lies beside it) and tokenizer_config.json say the same where both speak.
Status checkPlacesOfTemplate(const fs::path& folder, const text::Tokenizer& tokenizer) {
  const auto inConfig = templateInConfig(tokenizer);
  if (inConfig.is_null() || !isIn(folder, "chat_template.jinja")) return {};
  ROSA_TRY(const auto inFile, text::ChatTemplate::open(folder, {}, text::specialTokens(tokenizer.settings())));
  const auto inFiles = byName(service::templateJson(inFile));
  const auto named = byName(inConfig);
  const auto other = std::ranges::find_if(named, [&](const auto& entry) {
    const auto found = inFiles.find(entry.first);
    return found != inFiles.end() && found->second != entry.second;
  });
  if (other == named.end()) return {};
  return Error{fmt::format("{} and chat_template of {} are not the same, and programs differ in which they read. {}",
                           base::printable((folder / "chat_template.jinja").native()),
                           base::printable((folder / "tokenizer_config.json").native()), kAgain)};
}

Status checkChat(const fs::path& folder, const model::ModelConfig& config, const text::Tokenizer& tokenizer,
                 CheckReport& report) {
  const bool there = isIn(folder, "chat_template.jinja") || isIn(folder, "additional_chat_templates") ||
                     !templateInConfig(tokenizer).is_null();
  if (!there) return {};
  ROSA_CHECK(checkPlacesOfTemplate(folder, tokenizer));
  const auto opened = train::openChatTemplate(folder, {}, tokenizer);
  if (!opened) return Error{fmt::format("{}: {}", base::printable(folder.native()), opened.error().message)};
  const auto& chat = **opened;
  report.chatTemplate = chat.place();
  const auto end = text::turnEndOf(chat, tokenizer);
  if (config.head != model::Head::LanguageModel || !end.token || train::endsTexts(*end.token, tokenizer, config)) {
    return {};
  }
  return Error{fmt::format("{} does not name {} among its end tokens, with which {} ends a turn. {}",
                           base::printable((folder / "generation_config.json").native()), base::inQuotes(end.text),
                           chat.place(), kAgain)};
}

Expected<CheckReport> check(const fs::path& folder) {
  if (checkpoint::isPeftFolder(folder)) {
    return Error{
        fmt::format("{} is a PEFT adapter, and --check is of whole models. Merge it first: rosa export {} --to "
                    "DIR.",
                    base::printable(folder.native()), base::printable(folder.native()))};
  }
  ROSA_TRY(const auto config, train::readModelConfig(folder));
  ROSA_TRY(const auto opened, checkpoint::ModelFolder::open(base::FileSystem::real(), folder));
  ROSA_CHECK(train::checkWeights(folder, config, {}));
  CheckReport report;
  report.tensors = static_cast<std::int64_t>(opened.entries().size());
  report.numbers = opened.totalNumbers();
  report.dtype = opened.dtypeSummary();
  ROSA_CHECK(checkFinite(opened, report));
  ROSA_TRY(const auto tokenizer, train::openTokenizer(folder, config));
  report.tokens = tokenizer.vocabularySize();
  ROSA_CHECK(checkEndTokens(folder, config, tokenizer, report));
  ROSA_CHECK(checkChat(folder, config, tokenizer, report));
  return report;
}

}  // namespace

Expected<CheckReport> checkExported(const fs::path& folder) {
  return service::guarded([&] { return check(folder); });
}

}  // namespace rosa
