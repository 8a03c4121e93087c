// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>

#include "rosa/events.h"
#include "rosa/expected.h"

/// Generated texts measured against human ones. Callable from any thread; blocks while it reads and counts.
namespace rosa {

struct ScoreRequest {
  /// One text a line; or .csv or .tsv with a column output (or out, sys, system, ref) and a column mr (or source, src).
  std::filesystem::path hypotheses;
  /// One text a line, blank lines between the groups that belong to one hypothesis each (without any blank line each
  /// line is a group); or .csv or .tsv with a column ref (or reference, target, human) and a column mr (or source,
  /// src): rows with the same source are a group, groups in the order in which their sources first occur. Where the
  /// hypotheses have sources too, groups are found by them.
  std::filesystem::path references;
};

struct ScoreReport {
  NamedValues scores;  ///< bleu, nist, meteor, rouge_l, cider as the E2E challenge's scorer defines them
  std::int64_t hypotheses = 0, references = 0;
};

[[nodiscard]] Expected<ScoreReport> scoreFiles(const ScoreRequest& request);

}  // namespace rosa
