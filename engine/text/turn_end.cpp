// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/turn_end.h"

#include <string_view>

#include "base/text.h"

namespace rosa::text {

TurnEnd turnEndOf(const ChatTemplate& chatTemplate, const Tokenizer& tokenizer) {
  constexpr std::string_view kAnswer = "the 1 answer 2";
  Conversation conversation;
  conversation.messages = {{{"role", "user"}, {"content", "a question"}},
                           {{"role", "assistant"}, {"content", std::string(kAnswer)}}};
  const auto rendered = chatTemplate.render(conversation);
  if (!rendered) return {};
  const auto answer = rendered->text.rfind(kAnswer);
  if (answer == std::string::npos) return {};
  TurnEnd end;
  end.text = std::string(base::trim(std::string_view(rendered->text).substr(answer + kAnswer.size())));
  if (end.text.empty()) return end;
  const auto tokens = tokenizer.encode(end.text, false).tokens;
  if (tokens.empty()) return end;
  const auto first = tokens.front().id;
  if (tokens.size() > 1 && !tokenizer.isSpecial(first)) return end;
  end.token = first;
  if (const auto* text = tokenizer.tokenText(first); text != nullptr && end.text.starts_with(*text)) end.text = *text;
  return end;
}

}  // namespace rosa::text
