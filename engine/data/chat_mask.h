// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "rosa/expected.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"

/// Which tokens of a conversation count in the loss.
namespace rosa::data {

enum class ChatLoss {
  Assistant,      ///< all that the assistant says
  LastAssistant,  ///< its last message
  Completion,     ///< what it says after the last message of a user
  All,            ///< every token
};

/// A part of the rendered text that counts, in code points.
struct CountedSpan {
  std::size_t begin = 0, end = 0;
  float weight = 1;
};

struct CountedChat {
  std::string text;                ///< rendered, as the model reads it
  std::vector<CountedSpan> spans;  ///< in order, without overlap; those of weight 0 are left out
  bool marked = false;             ///< by the template's own {% generation %}; else by comparing prefixes
};

/// Renders a conversation and finds what counts in it.
///
/// Where the template marks what the model says, those spans are taken. Else each of the assistant's messages is what
/// the conversation up to it has more than the conversation before it, ended by the prompt for the model's turn; where
/// one of these is no prefix of the whole the conversation is refused. White space behind the end of a turn, which no
/// model has to write, is left out of such a span; the token that ends the turn is inside.
///
/// A message's `train: false` and `weight` (a number from 0 on) count for that message; neither reaches the template.
/// Refuses in one sentence what the template refuses, and weights that cannot be told apart.
[[nodiscard]] Expected<CountedChat> countChat(const text::ChatTemplate& chatTemplate, text::Conversation conversation,
                                              ChatLoss loss, const text::jinja::RenderOptions& options = {});

/// The weight of each token in the loss, 0 for one that does not count. As in transformers 5.24 a token counts where
/// any of its characters lies in a span; over the border of two spans the larger weight counts.
[[nodiscard]] std::vector<float> tokenWeights(const text::Encoding& encoding, const std::vector<CountedSpan>& spans);

}  // namespace rosa::data
