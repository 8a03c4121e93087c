// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "rosa/config.h"
#include "rosa/expected.h"

/// What the rows of a file hold: plain text, a prompt and its completion, or a conversation in one of the forms that
/// published datasets have. Recognised by the columns and the first rows, never guessed: where two readings are
/// possible, that is an error which names both.
namespace rosa::data {

/// Whether this run's rows are read as conversations, its shape being settled.
[[nodiscard]] bool holdsConversations(const RunConfig& config);

/// The configuration with `shape` and `loss-on` settled by the training file; other tasks than lm have no shape of
/// their own. Prompts with completions that are plain texts are task completion. Says in `remarks` what was recognised.
[[nodiscard]] Expected<RunConfig> settleShape(RunConfig config, const std::filesystem::path& trainingFile,
                                              std::vector<std::string>& remarks);

/// Whether nothing says how the file is read, and its rows are pairs of a chosen and a rejected answer.
[[nodiscard]] Expected<bool> holdsPreferencePairs(const RunConfig& config, const std::filesystem::path& trainingFile);

/// The column of the conversations: as `text` names it, or that with one of the usual names. Empty if there is none.
[[nodiscard]] std::string conversationColumn(const std::vector<std::string>& columns, const std::string& given);

}  // namespace rosa::data
