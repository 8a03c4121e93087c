// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string>
#include <vector>

#include "rosa/events.h"

namespace rosa::metrics {

/// The five scores of the E2E challenge for generated texts, as its scorer gives them: "bleu" and "nist" from
/// mteval's words, "meteor", "rouge_l" and "cider" from Penn Treebank words. `references[i]` are the human texts for
/// `hypotheses[i]`, at least one each; both spans have equal length. METEOR differs from the original's: see meteor.h.
[[nodiscard]] NamedValues textScores(std::span<const std::string> hypotheses,
                                     std::span<const std::vector<std::string>> references);

}  // namespace rosa::metrics
