// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/chat_example.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "data/chat_mask.h"

namespace rosa::data {
namespace {

using base::Json;

ChatLoss chatLoss(LossOn lossOn) {
  switch (lossOn) {
    case LossOn::LastAssistant:
      return ChatLoss::LastAssistant;
    case LossOn::Completion:
      return ChatLoss::Completion;
    case LossOn::All:
      return ChatLoss::All;
    case LossOn::Auto:
    case LossOn::Assistant:
      break;
  }
  return ChatLoss::Assistant;
}

/// Whether a template looks at the parts of a message's content, and does not write the list as Python would print it.
bool readsParts(std::string_view source) {
  return source.find("['type']") != std::string_view::npos || source.find("[\"type\"]") != std::string_view::npos ||
         source.find(".type") != std::string_view::npos;
}

/// Gives content that is a list of one text as that text, for templates that know text alone.
Status flattenContent(Json& messages, const text::ChatTemplate& chatTemplate) {
  for (auto& message : messages) {
    const auto content = message.is_object() ? message.find("content") : message.end();
    if (!message.is_object() || content == message.end() || !content->is_array()) continue;
    if (readsParts(chatTemplate.source())) return {};
    if (content->size() != 1) {
      return Error{
          "The content of a message is a list of several parts, and the chat template knows text alone: join them into "
          "one text."};
    }
    Json text = content->front().is_object() ? content->front().value("text", Json()) : content->front();
    if (!text.is_string()) return Error{"The content of a message is a part without \"text\"."};
    *content = std::move(text);
  }
  return {};
}

}  // namespace

Expected<ChatExample> makeChatExample(text::Conversation conversation, LossOn lossOn, const TextEncoder& encoder,
                                      std::int64_t maxLength, std::optional<std::int32_t> turnEnd) {
  const auto& chatTemplate = *encoder.chatTemplate();
  ROSA_CHECK(flattenContent(conversation.messages, chatTemplate));
  ROSA_TRY(const auto counted, countChat(chatTemplate, std::move(conversation), chatLoss(lossOn)));
  // As in OpenAI's fine-tuning format.
  const auto part = std::ranges::find_if(counted.spans, [](const CountedSpan& span) { return span.weight != 1; });
  if (part != counted.spans.end()) {
    return Error{fmt::format("A message has the \"weight\" {}, and a message counts wholly (1) or not at all (0).",
                             part->weight)};
  }

  const auto encoding = encoder.encodeRendered(counted.text);
  const auto weights = tokenWeights(encoding, counted.spans);
  const auto length = std::min(encoding.tokens.size(), static_cast<std::size_t>(maxLength));
  ChatExample made;
  auto& example = made.example;
  example.targets.assign(length, kNoTarget);
  std::size_t lastSpanBegin = 0;
  for (std::size_t i = 0; i < length; ++i) {
    const auto id = encoding.tokens[i].id;
    example.tokenIds.push_back(id);
    if (i == 0 || weights[i] == 0) continue;
    if (weights[i - 1] == 0) lastSpanBegin = i;
    example.targets[i - 1] = id;
    ++example.targetCount;
    made.endsTurn = made.endsTurn || id == turnEnd;
  }
  example.promptTokens = static_cast<std::int64_t>(lastSpanBegin);
  example.truncated = length < encoding.tokens.size();
  made.lostEnd = std::ranges::any_of(weights.begin() + static_cast<std::ptrdiff_t>(length), weights.end(),
                                     [](float weight) { return weight > 0; });
  return made;
}

}  // namespace rosa::data
