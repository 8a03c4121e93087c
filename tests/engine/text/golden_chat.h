// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/json.h"
#include "text/chat_template.h"

/// The rows of the golden chat files, as apply_chat_template was given them.
namespace rosa::test {

inline constexpr base::JsonLimits kChatLimits{.bytes = std::uint64_t{64} << 20, .depth = 64};

inline text::Conversation conversationOf(const base::Json& row) {
  static const std::set<std::string> kOurs = {"case", "expected", "error", "assistant_spans", "ids", "assistant_masks"};
  text::Conversation conversation;
  for (const auto& [key, value] : row.items()) {
    if (kOurs.contains(key)) continue;
    if (key == "messages") {
      conversation.messages = value;
    } else if (key == "tools") {
      conversation.tools = value;
    } else if (key == "documents") {
      conversation.documents = value;
    } else if (key == "add_generation_prompt") {
      conversation.addGenerationPrompt = value.get<bool>();
    } else if (key == "continue_final_message") {
      conversation.continueFinal = value.is_string() ? value.get<std::string>() : value.get<bool>() ? "content" : "";
    } else {
      conversation.variables[key] = value;
    }
  }
  return conversation;
}

/// The clock that they were made by.
inline text::jinja::RenderOptions fixedClock() {
  text::jinja::RenderOptions options;
  options.clock = [] { return text::jinja::LocalTime{2025, 3, 14, 9, 26, 53, 589793}; };
  return options;
}

}  // namespace rosa::test
