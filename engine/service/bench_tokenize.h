// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/config.h"
#include "rosa/expected.h"
#include "rosa/services.h"

namespace rosa::service {

/// Makes the examples of the training file as a run would, with as many threads, and keeps none. The model's folder
/// needs no more than the tokenizer's files.
[[nodiscard]] Expected<TokenizeReport> benchTokenize(const RunConfig& asked);

}  // namespace rosa::service
