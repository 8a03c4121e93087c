// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "metrics/text_segment.h"

namespace rosa::metrics {

/// The words of an English text as NIST's mteval-v13a cuts them for BLEU and NIST: ASCII letters in lower case, four
/// SGML entities resolved, ASCII punctuation set apart; full stop and comma stay inside numbers, a hyphen is set apart
/// only behind a digit. Letters beyond ASCII keep their case.
[[nodiscard]] Words mtevalWords(std::string_view text);

}  // namespace rosa::metrics
