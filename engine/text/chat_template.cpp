// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/chat_template.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "text/built_in_chat_templates.h"
#include "text/json_fields.h"
#include "text/template/text_ops.h"

namespace rosa::text {
namespace {

namespace fs = std::filesystem;
using base::Json;

constexpr std::uint64_t kLargestTemplate = std::uint64_t{4} << 20;
constexpr const char* kFile = "chat_template.jinja";
constexpr const char* kFolder = "additional_chat_templates";
constexpr const char* kConfig = "tokenizer_config.json";

/// Names under which a message's reasoning is passed; the template may read any of the first two.
constexpr std::array<const char*, 3> kReasoning = {"reasoning_content", "thinking", "reasoning"};
/// Stands at the end of the last message while it is rendered, and is then cut off with all behind it.
constexpr std::string_view kContinueTag = "CONTINUE_FINAL_MESSAGE_TAG ";

struct Found {
  std::string source, place;
};
/// By name; a single one is called "default".
using Templates = std::map<std::string, Found>;

Expected<Templates> templatesIn(const fs::path& folder, const Json& config) {
  Templates found;
  if (folder.empty()) return found;
  std::error_code ignored;
  auto& files = base::FileSystem::real();
  if (fs::exists(folder / kFile, ignored)) {
    ROSA_TRY(auto source, base::readFile(files, folder / kFile, kLargestTemplate));
    found["default"] = {std::move(source), kFile};
  }
  for (fs::directory_iterator it(folder / kFolder, ignored), end; !ignored && it != end; it.increment(ignored)) {
    if (it->path().extension() != ".jinja") continue;
    ROSA_TRY(auto source, base::readFile(files, it->path(), kLargestTemplate));
    found[it->path().stem().string()] = {
        std::move(source), fmt::format("{}/{}", kFolder, base::printable(it->path().filename().string()))};
  }
  if (!found.empty()) return found;
  const auto& inConfig = member(config, "chat_template");
  if (inConfig.is_string()) found["default"] = {inConfig.get<std::string>(), kConfig};
  if (inConfig.is_array()) {
    for (const auto& entry : inConfig) {
      const auto& name = member(entry, "name");
      const auto& source = member(entry, "template");
      if (!name.is_string() || !source.is_string()) {
        return Error{fmt::format("{}: each entry of chat_template must have a \"name\" and a \"template\".", kConfig)};
      }
      found[name.get<std::string>()] = {
          source.get<std::string>(),
          fmt::format("template {} of {}", base::inQuotes(name.get<std::string>()), kConfig)};
    }
  }
  return found;
}

std::string names(const Templates& templates) {
  std::string all;
  for (const auto& entry : templates) all += (all.empty() ? "" : ", ") + base::printable(entry.first);
  return all;
}

Expected<Found> chosen(const std::string& choice, const Templates& inFolder) {
  if (const auto found = inFolder.find(choice); found != inFolder.end()) return found->second;
  if (const auto* source = builtInChatTemplate(choice)) {
    return Found{std::string(*source), "the built-in template " + choice};
  }
  std::error_code ignored;
  if (fs::is_regular_file(choice, ignored)) {
    ROSA_TRY(auto source, base::readFile(base::FileSystem::real(), choice, kLargestTemplate));
    return Found{std::move(source), choice};
  }
  const auto own = inFolder.empty() ? std::string() : fmt::format(" The model's own are {}.", names(inFolder));
  return Error{fmt::format("There is no chat template {}: it is neither a file nor one of {}.{}",
                           base::inQuotes(choice), builtInChatTemplateNames(), own)};
}

/// Each message without the keys that are null, and with its reasoning under the names that templates read.
Expected<Json> prepared(const Json& messages) {
  if (!messages.is_array()) return Error{"The messages of a conversation must be a list."};
  if (messages.empty()) return Error{"The conversation is empty: it needs one message at least."};
  Json all = Json::array();
  for (const auto& message : messages) {
    if (!message.is_object()) {
      return Error{fmt::format("Message {} of the conversation must be an object with \"role\" and \"content\".",
                               all.size() + 1)};
    }
    Json kept = Json::object();
    const Json* reasoning = nullptr;
    for (const auto* key : kReasoning) {
      if (const auto& given = member(message, key); reasoning == nullptr && !given.is_null()) reasoning = &given;
    }
    if (reasoning != nullptr) kept["thinking"] = *reasoning;
    for (const auto& [key, value] : message.items()) {
      if (!value.is_null()) kept[key] = value;
    }
    if (reasoning != nullptr) kept["reasoning_content"] = *reasoning;
    all.push_back(std::move(kept));
  }
  return all;
}

/// Puts the tag at the end of the last message's text; gives that text.
Expected<std::string> tagFinal(Json& messages, const std::string& key, const std::string& source) {
  auto& final = messages.back();
  if (!final.contains(key)) {
    return Error{fmt::format("The last message has no {} to be continued.", base::inQuotes(key))};
  }
  std::vector<std::string> keys = {key};
  if (std::find(kReasoning.begin(), kReasoning.end(), key) != kReasoning.end()) {
    keys.clear();
    for (const auto* name : kReasoning) {
      if (final.contains(name) && final[name] == final[key]) keys.emplace_back(name);
    }
  }
  const bool known =
      std::any_of(keys.begin(), keys.end(), [&](const auto& name) { return source.find(name) != std::string::npos; });
  if (!known)
    return Error{fmt::format("The chat template does not use {}, which is to be continued.", base::inQuotes(key))};
  auto& value = final[key];
  if (value.is_array()) {
    for (auto block = value.rbegin(); block != value.rend(); ++block) {
      const auto& text = member(*block, "text");
      if (!text.is_string()) continue;
      auto original = text.get<std::string>();
      (*block)["text"] = original + std::string(kContinueTag);
      return original;
    }
    return Error{"The last message has no text that could be continued."};
  }
  if (!value.is_string()) return Error{fmt::format("{} of the last message is no text.", base::inQuotes(key))};
  auto original = value.get<std::string>();
  for (const auto& name : keys) final[name] = original + std::string(kContinueTag);
  return original;
}

/// The rendered text up to the end of the last message.
Expected<std::string> cutAtTag(const std::string& text, const std::string& final) {
  const auto tag = jinja::strip(kContinueTag, nullptr);
  const auto at = text.rfind(tag);
  if (at == std::string::npos || text.find(jinja::strip(final, nullptr)) == std::string::npos) {
    return Error{"The last message cannot be continued: the chat template leaves out or changes its text."};
  }
  auto kept = text.substr(0, at);
  // Where the template trims the message, the space at its end is gone as well.
  if (text.compare(at, kContinueTag.size(), kContinueTag) != 0) {
    kept = std::string(jinja::strip(kept, nullptr, false, true));
  }
  return kept;
}

Error refusal(const jinja::Problem& problem, const std::string& place) {
  const auto line = problem.line > 0 ? fmt::format(", line {}", problem.line) : std::string();
  const auto message = base::printable(problem.message.empty() ? problem.type : problem.message);
  if (problem.type == "TemplateError") {
    return Error{
        fmt::format("The chat template refuses the conversation: {} ({}{})", message, base::printable(place), line)};
  }
  return Error{fmt::format("The chat template fails: {} ({}{})", message, base::printable(place), line)};
}

}  // namespace

Json specialTokens(const TokenizerSettings& settings) {
  Json tokens = Json::object();
  for (std::size_t i = 0; i < kRoles; ++i) {
    if (settings.roles[i]) tokens[std::string(kRoleKeys[i])] = settings.roles[i]->content;
  }
  return tokens;
}

Expected<ChatTemplate::Part> ChatTemplate::parsePart(std::string source, std::string place) {
  auto parsed = jinja::Template::parse(source);
  if (const auto* problem = std::get_if<jinja::Problem>(&parsed)) return refusal(*problem, place);
  return Part{std::move(source), std::move(place), std::get<jinja::Template>(std::move(parsed))};
}

Expected<ChatTemplate> ChatTemplate::parse(std::string source, std::string place, const Json& specialTokens) {
  ROSA_TRY(auto part, parsePart(std::move(source), std::move(place)));
  return ChatTemplate(std::move(part), std::nullopt, specialTokens);
}

Expected<ChatTemplate> ChatTemplate::open(const fs::path& folder, const Json& config, const Json& specialTokens,
                                          const std::optional<std::string>& choice) {
  ROSA_TRY(const auto inFolder, templatesIn(folder, config));
  if (choice) {
    ROSA_TRY(auto found, chosen(*choice, inFolder));
    return parse(std::move(found.source), std::move(found.place), specialTokens);
  }
  if (inFolder.empty()) {
    return Error{fmt::format("{} has no chat template. Name one of {}, or a file.",
                             folder.empty() ? "The model" : base::printable(folder.string()),
                             builtInChatTemplateNames())};
  }
  const auto withTools = inFolder.find("tool_use");
  const auto main = inFolder.find("default");
  if (main == inFolder.end()) {
    return Error{fmt::format("{} has several chat templates and none is called default. Name one of {}.",
                             base::printable(folder.string()), names(inFolder))};
  }
  ROSA_TRY(auto mainPart, parsePart(main->second.source, main->second.place));
  std::optional<Part> toolPart;
  if (withTools != inFolder.end()) {
    ROSA_TRY(auto part, parsePart(withTools->second.source, withTools->second.place));
    toolPart = std::move(part);
  }
  return ChatTemplate(std::move(mainPart), std::move(toolPart), specialTokens);
}

std::vector<std::pair<std::string, std::string>> ChatTemplate::files() const {
  std::vector<std::pair<std::string, std::string>> all{{kFile, main_.source}};
  if (withTools_) all.emplace_back(std::string(kFolder) + "/tool_use.jinja", withTools_->source);
  return all;
}

Expected<RenderedChat> ChatTemplate::render(const Conversation& conversation,
                                            const jinja::RenderOptions& options) const {
  const auto& part = partFor(conversation);
  ROSA_TRY(auto messages, prepared(conversation.messages));
  std::string final;
  if (!conversation.continueFinal.empty()) {
    if (conversation.addGenerationPrompt) {
      return Error{"A conversation cannot both go on with its last message and begin the model's next one."};
    }
    ROSA_TRY(final, tagFinal(messages, conversation.continueFinal, part.source));
  }
  if (!conversation.tools.is_null() && !conversation.tools.is_array()) return Error{"The tools must be a list."};
  for (const auto& tool : conversation.tools) {
    if (!tool.is_object()) return Error{"Each of the tools must be an object with a JSON schema."};
  }
  if (!conversation.documents.is_null() && !conversation.documents.is_array()) {
    return Error{"The documents must be a list."};
  }
  for (const auto& document : conversation.documents) {
    if (!document.is_object()) return Error{"Each of the documents must be an object with \"title\" and \"text\"."};
  }
  Json variables = specialTokens_;
  for (const auto& [key, value] : conversation.variables.items()) variables[key] = value;
  variables["messages"] = std::move(messages);
  variables["tools"] = conversation.tools;
  variables["documents"] = conversation.documents;
  variables["add_generation_prompt"] = conversation.addGenerationPrompt;
  auto result = part.parsed.render(variables, options);
  if (const auto* problem = std::get_if<jinja::Problem>(&result)) return refusal(*problem, part.place);
  auto& rendered = std::get<jinja::Rendered>(result);
  RenderedChat chat{std::move(rendered.text), std::move(rendered.generations)};
  if (!conversation.continueFinal.empty()) {
    ROSA_TRY(chat.text, cutAtTag(chat.text, final));
    chat.generated.clear();
  }
  return chat;
}

}  // namespace rosa::text
