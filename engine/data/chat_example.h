// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "data/example.h"
#include "data/text_encoder.h"
#include "rosa/config.h"
#include "rosa/expected.h"
#include "text/chat_template.h"

/// From a conversation to a tokenised example.
namespace rosa::data {

struct ChatExample {
  Example example;        ///< targetCount 0: nothing is left to predict
  bool lostEnd = false;   ///< cut, and with it the end of what counts
  bool endsTurn = false;  ///< a target is the token that ends the model's turn
};

/// Renders the conversation by the encoder's chat template and cuts it into at most `maxLength` tokens; the template
/// writes what begins and ends the text, so no token is added. What counts is chat_mask.h's; `turnEnd` is the token
/// that ends a turn, where there is one.
[[nodiscard]] Expected<ChatExample> makeChatExample(text::Conversation conversation, LossOn lossOn,
                                                    const TextEncoder& encoder, std::int64_t maxLength,
                                                    std::optional<std::int32_t> turnEnd);

}  // namespace rosa::data
