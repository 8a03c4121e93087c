// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/model.h"
#include "rosa/expected.h"
#include "rosa/generate.h"
#include "text/tokenizer.h"
#include "text/turn_end.h"

namespace rosa::generate {

/// Continues each of the prompts, `rows` sequences at a time, ending where model, tokenizer or settings say. An empty
/// prompt begins with the token that texts begin with. Settings that `checkGeneration` finds right; an error names an
/// end token that the tokenizer does not have, or says that nothing begins an empty prompt. Prompts that the positions
/// cut, and continuations that they end, are told in the report's remarks.
[[nodiscard]] Expected<GenerationReport> continueTexts(model::Model& model, const text::Tokenizer& tokenizer,
                                                       const std::vector<std::string>& prompts,
                                                       const GenerationSettings& settings, std::int64_t rows,
                                                       c10::Device device, const GenerationCallbacks& callbacks = {});

/// One prompt; empty optional when `giveUp`, asked before each token, became true.
[[nodiscard]] std::optional<GeneratedText> continueText(model::Model& model, const text::Tokenizer& tokenizer,
                                                        const std::string& prompt, const GenerationSettings& settings,
                                                        c10::Device device, const std::function<bool()>& giveUp = {});

/// Where a continuation ends in a conversation: behind the model's turn.
void endAtTurn(const text::TurnEnd& turnEnd, GenerationSettings& settings);

}  // namespace rosa::generate
