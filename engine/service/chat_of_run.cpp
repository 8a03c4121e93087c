// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/chat_of_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/atomic_write.h"
#include "base/json.h"
#include "base/text.h"
#include "service/stored_run.h"
#include "train/chat_remarks.h"

namespace rosa::service {

namespace {

using base::Json;

Status writeJson(const std::filesystem::path& path, const Json& json) {
  return base::writeFileAtomically(base::FileSystem::real(), path, json.dump(2) + "\n");
}

Status writeTokenizerConfig(const text::ChatTemplate& chatTemplate, const std::filesystem::path& folder) {
  const auto path = folder / "tokenizer_config.json";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return {};
  ROSA_TRY(auto json, base::readJsonFile(base::FileSystem::real(), path, {std::uint64_t{64} << 20, 64}));
  auto wanted = templateJson(chatTemplate);
  if (json.is_object() && json.value("chat_template", Json()) == wanted) return {};
  json["chat_template"] = std::move(wanted);
  return writeJson(path, json);
}

Status addEndToken(const train::Session& session, const std::filesystem::path& folder,
                   std::vector<std::string>& remarks) {
  const auto token = session.turnEnd.token;
  const auto& config = session.model->config();
  if (!token || train::endsTexts(*token, session.tokenizer, config)) return {};
  const auto path = folder / "generation_config.json";
  ROSA_TRY(auto json, base::readJsonFile(base::FileSystem::real(), path));
  Json ends = Json::array();
  if (const auto given = json.find("eos_token_id"); given != json.end() && !given->is_null()) {
    ends = given->is_array() ? *given : Json::array({*given});
  } else {
    for (const auto id : config.eosIds) ends.push_back(id);
  }
  ends.push_back(*token);
  json["eos_token_id"] = std::move(ends);
  remarks.push_back(fmt::format("{} ends a turn and was added to the end tokens of generation_config.json.",
                                base::inQuotes(session.turnEnd.text)));
  return writeJson(path, json);
}

}  // namespace

base::Json templateJson(const text::ChatTemplate& chatTemplate) {
  const auto files = chatTemplate.files();
  if (files.size() == 1) return files.front().second;
  Json all = Json::array();
  for (const auto& [name, source] : files) {
    const auto stem = std::filesystem::path(name).stem().string();
    all.push_back({{"name", stem == "chat_template" ? "default" : stem}, {"template", source}});
  }
  return all;
}

Status writeChat(const train::Session& session, const std::filesystem::path& folder,
                 std::vector<std::string>& remarks) {
  if (session.chatTemplate == nullptr) return {};
  std::error_code ignored;
  for (const char* name : {"additional_chat_templates", "chat_template.json"}) {
    std::filesystem::remove_all(folder / name, ignored);
  }
  ROSA_CHECK(writeTemplate(*session.chatTemplate, folder));
  ROSA_CHECK(writeTokenizerConfig(*session.chatTemplate, folder));
  return addEndToken(session, folder, remarks);
}

}  // namespace rosa::service
