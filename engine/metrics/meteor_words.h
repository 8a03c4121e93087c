// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "metrics/text_segment.h"

namespace rosa::metrics {

/// Words as METEOR compares them: hyphens between letters or digits part words ("family-friendly" is two), an
/// apostrophe begins a word of its own or stands alone, marks stand alone, dotted letters lose their points.
[[nodiscard]] Words meteorWords(const Words& words);

/// A word that says little by itself: METEOR 1.5 counts as such what makes up more than one in a thousand words of a
/// large news text. Here: the marks and the closed-class words (articles, pronouns, prepositions, conjunctions,
/// auxiliaries, particles) of that frequency.
[[nodiscard]] bool isFunctionWord(std::string_view word);

}  // namespace rosa::metrics
