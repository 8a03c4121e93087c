// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "text/chat_template.h"
#include "text/tokenizer.h"

namespace rosa::text {

/// What a chat template writes right behind the model's words.
struct TurnEnd {
  std::string text;                   ///< without the white space around it; empty: nothing
  std::optional<std::int32_t> token;  ///< that it is, or begins with, where that is a single one
};

/// Told by rendering a small conversation. Nothing where the template refuses that.
[[nodiscard]] TurnEnd turnEndOf(const ChatTemplate& chatTemplate, const Tokenizer& tokenizer);

}  // namespace rosa::text
