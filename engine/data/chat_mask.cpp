// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/chat_mask.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "text/json_fields.h"
#include "text/unicode.h"

namespace rosa::data {
namespace {

using base::Json;
using text::ChatTemplate;
using text::Conversation;
using text::member;
using text::RenderedChat;

bool isAssistant(const Json& message) {
  return member(message, "role") == "assistant";
}

/// One of the assistant's messages.
struct Turn {
  std::size_t message = 0;
  float weight = 1;
};

/// Takes `train` and `weight` out of a message, so that the template does not meet them.
Expected<float> takeWeight(Json& message, std::size_t number) {
  if (!message.is_object()) return 1.0F;
  float weight = 1;
  if (const auto& train = member(message, "train"); !train.is_null()) {
    if (!train.is_boolean()) return Error{fmt::format("\"train\" of message {} must be true or false.", number)};
    weight = train.get<bool>() ? 1.0F : 0.0F;
  }
  if (const auto& given = member(message, "weight"); !given.is_null()) {
    if (!given.is_number() || !(given.get<double>() >= 0) || !std::isfinite(given.get<double>())) {
      return Error{fmt::format("\"weight\" of message {} must be a number from 0 on.", number)};
    }
    weight *= static_cast<float>(given.get<double>());
  }
  message.erase("train");
  message.erase("weight");
  return weight;
}

Expected<std::vector<Turn>> takeTurns(Json& messages) {
  std::vector<Turn> turns;
  if (!messages.is_array()) return turns;  // rendering says what is wrong
  for (std::size_t i = 0; i < messages.size(); ++i) {
    ROSA_TRY(const auto weight, takeWeight(messages[i], i + 1));
    if (isAssistant(messages[i])) turns.push_back({i, weight});
  }
  return turns;
}

/// Sets the weight of turns that do not count to 0.
void chooseTurns(std::vector<Turn>& turns, const Json& messages, ChatLoss loss) {
  if (loss == ChatLoss::Assistant || turns.empty()) return;
  std::size_t first = turns.back().message;
  if (loss == ChatLoss::Completion) {
    first = 0;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (member(messages[i], "role") == "user") first = i;
    }
  }
  for (auto& turn : turns) {
    if (turn.message < first) turn.weight = 0;
  }
}

std::string_view withoutSpaceAtEnd(std::string_view text) {
  const auto end = text.find_last_not_of(" \t\r\n\v\f");
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end + 1);
}

/// The span without white space behind the end of the turn. Where the turn has no end of its own, the space is the
/// message's.
std::string_view untilTurnEnd(std::string_view span, const Json& message) {
  const auto cut = withoutSpaceAtEnd(span);
  const auto& content = member(message, "content");
  if (content.is_string()) {
    const auto said = withoutSpaceAtEnd(content.get_ref<const std::string&>());
    if (!said.empty() && cut.ends_with(said)) return span;
  }
  return cut;
}

/// Finds each turn by rendering the conversation up to it.
class ByPrefixes {
 public:
  ByPrefixes(const ChatTemplate& chatTemplate, const Conversation& whole, const std::string& text,
             const text::jinja::RenderOptions& options)
      : template_(chatTemplate), whole_(whole), text_(text), options_(options) {}

  Expected<CountedSpan> span(const Turn& turn) const {
    if (turn.message == 0) {
      return Error{
          "The conversation begins with the assistant: where that message begins can only be told by a chat "
          "template that marks it with {% generation %}."};
    }
    ROSA_TRY(const auto begin, prefix(turn.message, true));
    ROSA_TRY(const auto end, prefix(turn.message + 1, false));
    if (end < begin) return notAPrefix(turn.message + 1);
    const auto said = untilTurnEnd(std::string_view(text_).substr(begin, end - begin), whole_.messages[turn.message]);
    const auto first = text::countCodePoints(std::string_view(text_).substr(0, begin));
    return CountedSpan{first, first + text::countCodePoints(said), turn.weight};
  }

 private:
  /// Bytes of the first messages in the whole text.
  Expected<std::size_t> prefix(std::size_t messages, bool prompt) const {
    if (messages == whole_.messages.size() && !prompt) return text_.size();
    auto part = whole_;
    part.messages = Json::array();
    for (std::size_t i = 0; i < messages; ++i) part.messages.push_back(whole_.messages[i]);
    part.addGenerationPrompt = prompt;
    ROSA_TRY(const auto rendered, template_.render(part, options_));
    if (!std::string_view(text_).starts_with(rendered.text)) return notAPrefix(messages);
    return rendered.text.size();
  }

  [[nodiscard]] Error notAPrefix(std::size_t messages) const {
    return Error{fmt::format(
        "The chat template ({}) writes the first {} messages otherwise when more follow, so where the assistant speaks "
        "cannot be told: use a template that marks it with {{% generation %}}, or --loss-on all.",
        template_.place(), messages)};
  }

  const ChatTemplate& template_;
  const Conversation& whole_;
  const std::string& text_;
  const text::jinja::RenderOptions& options_;
};

/// Gives each marked span the weight of its message.
Expected<std::vector<CountedSpan>> marked(const RenderedChat& rendered, const std::vector<Turn>& turns) {
  auto spans = rendered.generated;
  std::ranges::sort(spans);
  std::vector<CountedSpan> counted;
  const bool alike = std::ranges::all_of(turns, [&](const Turn& turn) { return turn.weight == turns.front().weight; });
  if (spans.size() != turns.size() && !alike) {
    return Error{
        fmt::format("The chat template marks {} texts as the assistant's, but the conversation has {} messages "
                    "of it, so their weights cannot be told apart.",
                    spans.size(), turns.size())};
  }
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const float weight = turns.empty() ? 1.0F : alike ? turns.front().weight : turns[i].weight;
    counted.push_back({spans[i].first, spans[i].second, weight});
  }
  return counted;
}

}  // namespace

Expected<CountedChat> countChat(const ChatTemplate& chatTemplate, Conversation conversation, ChatLoss loss,
                                const text::jinja::RenderOptions& options) {
  ROSA_TRY(auto turns, takeTurns(conversation.messages));
  ROSA_TRY(auto rendered, chatTemplate.render(conversation, options));
  CountedChat chat;
  if (loss == ChatLoss::All) {
    chat.spans.push_back({0, text::countCodePoints(rendered.text), 1});
    chat.text = std::move(rendered.text);
    return chat;
  }
  chooseTurns(turns, conversation.messages, loss);
  chat.marked = chatTemplate.marksGeneration(conversation);
  if (chat.marked) {
    ROSA_TRY(chat.spans, marked(rendered, turns));
  } else {
    const ByPrefixes prefixes(chatTemplate, conversation, rendered.text, options);
    for (const auto& turn : turns) {
      if (turn.weight == 0) continue;
      ROSA_TRY(const auto span, prefixes.span(turn));
      chat.spans.push_back(span);
    }
  }
  std::erase_if(chat.spans, [](const CountedSpan& span) { return span.weight == 0 || span.end <= span.begin; });
  chat.text = std::move(rendered.text);
  return chat;
}

std::vector<float> tokenWeights(const text::Encoding& encoding, const std::vector<CountedSpan>& spans) {
  std::vector<float> weights(encoding.tokens.size(), 0);
  std::size_t first = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto begin = static_cast<std::size_t>(encoding.tokens[i].begin);
    const auto end = static_cast<std::size_t>(encoding.tokens[i].end);
    while (first < spans.size() && begin >= spans[first].end) ++first;
    for (std::size_t k = first; k < spans.size() && end > spans[k].begin; ++k) {
      weights[i] = std::max(weights[i], spans[k].weight);
    }
  }
  return weights;
}

}  // namespace rosa::data
