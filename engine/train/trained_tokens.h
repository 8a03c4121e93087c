// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/model.h"
#include "rosa/config.h"
#include "rosa/expected.h"
#include "text/tokenizer.h"
#include "text/turn_end.h"

/// The tokens whose rows train beside the method (train-tokens); a plan and a session count the same.
namespace rosa::train {

/// Their ids, ascending and each once; none where the configuration names none. Tokens are named as the vocabulary
/// spells them, or by a text that is one token. `turnEnd` is that of the run's conversations, empty where it has none.
[[nodiscard]] Expected<std::vector<std::int64_t>> trainedTokens(const RunConfig& config,
                                                                const text::Tokenizer& tokenizer,
                                                                const text::TurnEnd& turnEnd);

/// Makes the rows of these tokens trainable, where there are any. `whole` are the tensors that train whole: a table
/// among them is a mistake, and so is an id that the model has no row for.
[[nodiscard]] Expected<adapt::ParameterList> trainRows(model::Model& model, const std::vector<std::int64_t>& ids,
                                                       std::span<const std::string> whole);

}  // namespace rosa::train
