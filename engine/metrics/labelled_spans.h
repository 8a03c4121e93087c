// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

/// Scores of labelled words, as seqeval 1.2.2 computes them by default (the rules of CoNLL's conlleval).
namespace rosa::metrics {

/// The labels of each text's words, e.g. {"B-PER", "I-PER", "O"}.
using WordLabels = std::vector<std::vector<std::string>>;

struct SpanScores {
  double precision = 0, recall = 0, f1 = 0;  ///< of the stretches, all kinds together; 0 where there is none
  double accuracy = 0;                       ///< of the words
};

/// A stretch is a run of words of one kind: what follows the first hyphen of a label. It begins at B or S, where the
/// kind changes, and at I or E behind O, E or S; it ends before any such and behind E and S. Labels without a hyphen
/// are kinds by themselves, without their first letter, as there. A predicted stretch is right where the truth has the
/// same kind from the same first to the same last word. NaN without words.
[[nodiscard]] SpanScores spanScores(const WordLabels& truth, const WordLabels& predicted);

}  // namespace rosa::metrics
