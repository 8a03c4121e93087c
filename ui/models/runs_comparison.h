// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <optional>
#include <vector>

#include "rosa/catalogue.h"
#include "rosa/config.h"

/// What differs between runs, as rows of a table.
namespace rosa::ui {

struct ComparisonRow {
  QString label;
  QList<QString> values;    ///< one a run; empty where a run has none
  std::optional<int> best;  ///< the run whose value is better than all others'
};

struct ComparedRun {
  RunRecord record;
  std::optional<RunConfig> config;  ///< nothing where it could not be read
};

/// Settings that are not the same in all runs, then results. Settings that name places or only this run (name, out) are
/// left out: they always differ.
[[nodiscard]] std::vector<ComparisonRow> compareRuns(const std::vector<ComparedRun>& runs);

/// "3 runs, seed 0" or "3 runs".
[[nodiscard]] QString comparisonTitle(const std::vector<ComparedRun>& runs);

}  // namespace rosa::ui
