// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "metrics/text_segment.h"

namespace rosa::metrics {

/// The words of an English text for METEOR, ROUGE-L and CIDEr, as the COCO caption scripts get them from the Stanford
/// tokenizer 3.4.1: Penn Treebank tokens in lower case ("do n't", "it 's", "family-friendly" whole, pound sign as #)
/// without the scripts' list of punctuation marks. Written from that tokenizer's description, for running text: e-mail
/// and web addresses, phone numbers, markup and emoticons are cut like other text, and of abbreviations only titles,
/// months and dotted letters keep their point.
[[nodiscard]] Words ptbWords(std::string_view text);

}  // namespace rosa::metrics
