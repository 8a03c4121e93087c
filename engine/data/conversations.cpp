// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/conversations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "data/row_shape.h"
#include "data/text_source.h"
#include "text/json_fields.h"

namespace rosa::data {
namespace {

using base::Json;
using text::Conversation;
using text::member;

struct RoleName {
  std::string_view from, role;
};
constexpr std::array<RoleName, 16> kShareGptRoles{{{"human", "user"},
                                                   {"user", "user"},
                                                   {"gpt", "assistant"},
                                                   {"assistant", "assistant"},
                                                   {"chatgpt", "assistant"},
                                                   {"bing", "assistant"},
                                                   {"bard", "assistant"},
                                                   {"model", "assistant"},
                                                   {"bot", "assistant"},
                                                   {"system", "system"},
                                                   {"tool", "tool"},
                                                   {"observation", "tool"},
                                                   {"function_response", "tool"},
                                                   {"function-response", "tool"},
                                                   {"function_call", "assistant"},
                                                   {"function-call", "assistant"}}};

/// Columns that are read under these names, whatever the shape.
constexpr std::array<std::string_view, 12> kReadByName{
    "instruction",          "input",    "output", "history", "prompt",
    "completion",           "chosen",   "system", "tools",   "documents",
    "chat_template_kwargs", "functions"};

bool holds(const Json& value) {
  return !value.is_null() && !(value.is_string() && value.get_ref<const std::string&>().empty());
}

/// A cell as JSON. Lists and objects stand in text too, where a table has no others.
Expected<Json> valueOf(const Cell* cell, bool structured, std::string_view name) {
  if (cell == nullptr || cell->kind == Cell::Kind::Missing) return Json();
  const auto text = base::trim(cell->text);
  const bool written = structured && (text.starts_with('[') || text.starts_with('{'));
  if (cell->kind == Cell::Kind::Text && !written) {
    if (structured && text.empty()) return Json();
    return Json(cell->text);
  }
  return base::parseJson(cell->kind == Cell::Kind::Nested ? std::string_view(cell->text) : text,
                         fmt::format("its {}", base::inQuotes(name)), {kLongestRowBytes, 64});
}

/// The cells of a row by their column.
class Cells {
 public:
  Cells(const std::vector<std::string>& columns, const Row& row) : columns_(columns), row_(row) {}

  [[nodiscard]] const Cell* find(std::string_view name) const {
    const auto found = std::ranges::find(columns_, name);
    const auto place = static_cast<std::size_t>(found - columns_.begin());
    return found == columns_.end() || place >= row_.cells.size() ? nullptr : &row_.cells[place];
  }
  [[nodiscard]] Expected<Json> structured(std::string_view name) const { return valueOf(find(name), true, name); }
  /// Plain text, empty where it is missing.
  [[nodiscard]] Expected<std::string> text(std::string_view name, bool needed) const {
    const auto* cell = find(name);
    if (cell == nullptr || cell->kind == Cell::Kind::Missing) {
      if (needed) return Error{fmt::format("has no value for {}", base::inQuotes(name))};
      return std::string();
    }
    if (cell->kind == Cell::Kind::Nested) {
      return Error{fmt::format("holds a list or an object in {}, where text belongs", base::inQuotes(name))};
    }
    return cell->text;
  }

 private:
  const std::vector<std::string>& columns_;
  const Row& row_;
};

Json message(std::string_view role, Json content) {
  return Json{{"role", std::string(role)}, {"content", std::move(content)}};
}

Error ofMessage(std::size_t number, std::string_view what) {
  return Error{fmt::format("has in message {} {}", number, what)};
}

Status checkContent(const Json& content, std::size_t number, bool mayBeMissing) {
  if (content.is_string()) return {};
  if (content.is_null()) {
    return mayBeMissing ? Status() : Status(ofMessage(number, "no \"content\""));
  }
  if (!content.is_array()) return ofMessage(number, "a \"content\" that is neither text nor a list of parts");
  for (const auto& part : content) {
    if (part.is_string()) continue;
    const auto& type = member(part, "type");
    if (!type.is_string()) return ofMessage(number, "a part of its \"content\" without a \"type\"");
    const auto& name = type.get_ref<const std::string&>();
    if (name == "text") continue;
    return ofMessage(number, fmt::format("a part of type {}, and only text can be trained on", base::inQuotes(name)));
  }
  return {};
}

Status checkMessages(const Json& messages, std::string_view what) {
  if (!messages.is_array()) return Error{fmt::format("holds no list of messages in {}", base::inQuotes(what))};
  if (messages.empty()) return Error{fmt::format("has an empty conversation in {}", base::inQuotes(what))};
  std::size_t number = 0;
  for (const auto& entry : messages) {
    ++number;
    if (!entry.is_object()) return ofMessage(number, "no object with \"role\" and \"content\"");
    const auto& role = member(entry, "role");
    if (!role.is_string() || role.get_ref<const std::string&>().empty()) return ofMessage(number, "no \"role\"");
    const bool more = holds(member(entry, "tool_calls")) || holds(member(entry, "reasoning_content")) ||
                      holds(member(entry, "thinking")) || holds(member(entry, "reasoning"));
    ROSA_CHECK(checkContent(member(entry, "content"), number, more));
    if (holds(member(entry, "function_call"))) {
      return ofMessage(number, "a \"function_call\", which chat templates do not know: write it as \"tool_calls\"");
    }
  }
  return {};
}

/// A call as ShareGPT writes it, {"name", "arguments"} or a list of these, as text or as it is.
Expected<Json> callMessage(const Json& value, std::size_t number) {
  Json calls = value;
  if (value.is_string()) {
    auto parsed = base::parseJson(value.get_ref<const std::string&>(), "a call");
    if (!parsed) return ofMessage(number, "a function call that is no JSON");
    calls = *std::move(parsed);
  }
  if (calls.is_object()) calls = Json::array({calls});
  Json all = Json::array();
  for (const auto& call : calls) {
    if (!member(call, "name").is_string()) return ofMessage(number, "a function call without a \"name\"");
    all.push_back({{"type", "function"},
                   {"function", {{"name", member(call, "name")}, {"arguments", member(call, "arguments")}}}});
  }
  return Json{{"role", "assistant"}, {"content", ""}, {"tool_calls", std::move(all)}};
}

Expected<Json> fromShareGpt(const Json& turns, std::string_view column) {
  if (!turns.is_array()) return Error{fmt::format("holds no list of messages in {}", base::inQuotes(column))};
  Json messages = Json::array();
  for (const auto& turn : turns) {
    const auto number = messages.size() + 1;
    const auto& from = member(turn, "from");
    if (!from.is_string()) return ofMessage(number, "no \"from\"");
    const auto& name = from.get_ref<const std::string&>();
    const auto* known = std::ranges::find(kShareGptRoles, name, &RoleName::from);
    if (known == kShareGptRoles.end()) {
      return ofMessage(number, fmt::format("the speaker {}: it should be human, gpt, system, tool or function_call",
                                           base::inQuotes(name)));
    }
    const auto& value = member(turn, "value");
    Json made;
    if (name.starts_with("function") && known->role == "assistant") {
      ROSA_TRY(made, callMessage(value, number));
    } else {
      if (!value.is_string()) return ofMessage(number, "no text in \"value\"");
      made = message(known->role, value);
    }
    for (const char* key : {"weight", "train"}) {
      if (const auto& given = member(turn, key); !given.is_null()) made[key] = given;
    }
    messages.push_back(std::move(made));
  }
  return messages;
}

Expected<Json> fromAlpaca(const Cells& cells) {
  Json messages = Json::array();
  ROSA_TRY(const auto history, cells.structured("history"));
  if (!history.is_null() && !history.is_array()) return Error{"holds no list of pairs in \"history\""};
  for (const auto& pair : history) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
      return Error{"holds in \"history\" something else than pairs of a question and its answer"};
    }
    messages.push_back(message("user", pair[0]));
    messages.push_back(message("assistant", pair[1]));
  }
  ROSA_TRY(auto asked, cells.text("instruction", true));
  ROSA_TRY(const auto input, cells.text("input", false));
  ROSA_TRY(auto output, cells.text("output", true));
  if (!input.empty()) asked += (asked.empty() ? "" : "\n") + input;
  messages.push_back(message("user", std::move(asked)));
  messages.push_back(message("assistant", std::move(output)));
  return messages;
}

Expected<Json> fromPair(const Cells& cells) {
  ROSA_TRY(auto messages, cells.structured("prompt"));
  ROSA_TRY(const auto completion, cells.structured("completion"));
  if (messages.is_string()) messages = Json::array({message("user", std::move(messages))});
  ROSA_CHECK(checkMessages(messages, "prompt"));
  ROSA_CHECK(checkMessages(completion, "completion"));
  for (const auto& said : completion) messages.push_back(said);
  return messages;
}

bool hasRole(const Json& messages, std::string_view role) {
  return std::ranges::any_of(messages, [&](const Json& entry) { return member(entry, "role") == role; });
}

/// The preferred answer of a pair, behind what was asked, which a whole conversation in "chosen" holds already.
Expected<Json> fromPreference(const Cells& cells) {
  ROSA_TRY(auto messages, cells.structured("prompt"));
  ROSA_TRY(auto chosen, cells.structured("chosen"));
  if (chosen.is_null()) return Error{"has no value for \"chosen\""};
  if (chosen.is_string()) chosen = Json::array({message("assistant", std::move(chosen))});
  ROSA_CHECK(checkMessages(chosen, "chosen"));
  if (hasRole(chosen, "user")) return chosen;
  if (messages.is_null()) return Error{"has no \"prompt\" to its answer in \"chosen\""};
  if (messages.is_string()) messages = Json::array({message("user", std::move(messages))});
  ROSA_CHECK(checkMessages(messages, "prompt"));
  for (const auto& said : chosen) messages.push_back(said);
  return messages;
}

/// What goes with the messages.
Status readBeside(const Cells& cells, Conversation& conversation) {
  ROSA_TRY(conversation.tools, cells.structured("tools"));
  ROSA_TRY(conversation.documents, cells.structured("documents"));
  ROSA_TRY(auto variables, cells.structured("chat_template_kwargs"));
  if (!variables.is_null() && !variables.is_object()) return Error{"holds no object in \"chat_template_kwargs\""};
  if (variables.is_object()) conversation.variables = std::move(variables);
  ROSA_TRY(const auto functions, cells.structured("functions"));
  if (holds(functions) && conversation.tools.is_null()) {
    return Error{"has \"functions\", which chat templates do not know: write them as \"tools\""};
  }
  return {};
}

/// `system` as a column of its own, where the conversation does not begin with one.
Status addSystem(const Cells& cells, Json& messages) {
  ROSA_TRY(const auto system, cells.text("system", false));
  if (system.empty() || member(messages.front(), "role") == "system") return {};
  messages.insert(messages.begin(), message("system", system));
  return {};
}

}  // namespace

Expected<Conversation> conversationOf(const std::vector<std::string>& columns, const Row& row, Shape shape,
                                      const std::string& column) {
  const Cells cells(columns, row);
  Conversation conversation;
  auto& messages = conversation.messages;
  switch (shape) {
    case Shape::Sharegpt: {
      ROSA_TRY(const auto turns, cells.structured(column));
      ROSA_TRY(messages, fromShareGpt(turns, column));
      break;
    }
    case Shape::Alpaca: {
      ROSA_TRY(messages, fromAlpaca(cells));
      break;
    }
    case Shape::PromptCompletion: {
      ROSA_TRY(messages, fromPair(cells));
      break;
    }
    case Shape::PreferenceChosen: {
      ROSA_TRY(messages, fromPreference(cells));
      break;
    }
    case Shape::Messages:
    case Shape::Auto:
    case Shape::Text: {
      ROSA_TRY(messages, cells.structured(column));
      break;
    }
  }
  ROSA_CHECK(checkMessages(messages, column));
  ROSA_CHECK(readBeside(cells, conversation));
  if (shape != Shape::PromptCompletion) ROSA_CHECK(addSystem(cells, messages));
  if (!hasRole(messages, "user")) return Error{"has a conversation in which no user speaks"};
  return conversation;
}

Expected<ConversationReader> ConversationReader::open(const std::filesystem::path& file, Shape shape,
                                                      const std::string& column, const TableReading& reading) {
  RowOptions options;
  ROSA_TRY(options.quotes, readsQuotes(file, reading.quotes));
  options.header = reading.header != Reading::No;
  ROSA_TRY(auto rows, openRows(file, options));
  std::vector<std::size_t> wanted;
  const auto conversations = conversationColumn(rows->columns(), column);
  for (std::size_t i = 0; i < rows->columns().size(); ++i) {
    const auto& name = rows->columns()[i];
    if (name == conversations || std::ranges::find(kReadByName, name) != kReadByName.end()) wanted.push_back(i);
  }
  rows->want(wanted);
  return ConversationReader(file, std::move(rows), shape, column);
}

Expected<bool> ConversationReader::next(Conversation& conversation) {
  ROSA_TRY(const bool found, reader_->next(row_));
  if (!found) return false;
  const auto column = conversationColumn(reader_->columns(), column_);
  const bool named = shape_ == Shape::Messages || shape_ == Shape::Sharegpt;
  if (named && column.empty()) {
    return lineError(file(), row_.line,
                     fmt::format("has no column {}: name that of the conversations with --text.",
                                 column_.empty() ? "\"messages\"" : base::inQuotes(column_)));
  }
  auto made = conversationOf(reader_->columns(), row_, shape_, column);
  if (!made) {
    return lineError(file(), row_.line,
                     made.error().message + ": correct the row, or leave such rows out with --skip-bad yes.");
  }
  conversation = *std::move(made);
  return true;
}

Expected<Conversation> parseConversation(std::string_view json, std::string_view source) {
  ROSA_TRY(auto value, base::parseJson(json, source, {kLongestRowBytes, 64}));
  Conversation conversation;
  if (value.is_object()) {
    for (const auto& [key, given] : value.items()) {
      if (key == "messages") conversation.messages = given;
      if (key == "tools") conversation.tools = given;
      if (key == "documents") conversation.documents = given;
      if (key == "chat_template_kwargs" && given.is_object()) conversation.variables = given;
    }
  } else {
    conversation.messages = std::move(value);
  }
  if (const auto sound = checkMessages(conversation.messages, "messages"); !sound) {
    return Error{fmt::format("{} {}: write a list of messages with \"role\" and \"content\".", base::printable(source),
                             sound.error().message)};
  }
  return conversation;
}

}  // namespace rosa::data
