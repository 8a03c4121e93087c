// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "model/model_config.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"
#include "text/turn_end.h"

namespace rosa::train {

/// Whether texts of the model end with this token without being told so.
[[nodiscard]] bool endsTexts(std::int32_t token, const text::Tokenizer& tokenizer, const model::ModelConfig& config);

/// By what conversations are written, and what the model will learn of where its turn ends: sentences for a plan and a
/// run's log.
[[nodiscard]] std::vector<std::string> remarksOnTemplate(const text::ChatTemplate& chatTemplate,
                                                         const text::TurnEnd& turnEnd, const text::Tokenizer& tokenizer,
                                                         const model::ModelConfig& config);

}  // namespace rosa::train
