// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "rosa/generate.h"

namespace rosa::train {

struct Session;

/// The model's greedy continuation of `prompt`, at most the configured number of tokens; empty optional when given up.
[[nodiscard]] std::optional<GeneratedText> continueText(Session& session, const std::string& prompt,
                                                        const std::function<bool()>& giveUp);

}  // namespace rosa::train
