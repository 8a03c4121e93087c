// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/model_config.h"
#include "rosa/expected.h"
#include "rosa/generate.h"
#include "text/tokenizer.h"

/// What a generation begins with and ends at, in tokens.
namespace rosa::generate {

/// At least one: a text of no token begins with the token that texts begin with. A `rendered` prompt was written by a
/// chat template, special tokens and all. An error says that nothing begins an empty prompt.
[[nodiscard]] Expected<std::vector<std::int64_t>> promptTokens(const model::ModelConfig& config,
                                                               const text::Tokenizer& tokenizer,
                                                               const std::string& prompt, bool rendered);

/// Those of model, tokenizer and settings, each once, ascending. An error names one that the tokenizer does not have.
[[nodiscard]] Expected<std::vector<std::int64_t>> endTokens(const model::ModelConfig& config,
                                                            const text::Tokenizer& tokenizer,
                                                            const GenerationSettings& settings);

}  // namespace rosa::generate
