// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <cstddef>
#include <optional>
#include <vector>

#include "rosa/catalogue.h"
#include "rosa/config.h"

/// What differs between runs, as rows of a table.
namespace rosa::ui {

struct ComparedRun {
  RunRecord record;
  std::optional<RunConfig> config;  ///< nothing where it could not be read
};

/// Runs that stand in one column: a single one, or all that differ in nothing but the seed.
struct ComparedGroup {
  QString name;
  std::vector<std::size_t> runs;  ///< places among the compared runs, the first one gives the settings
};

/// Every run for itself, or those of one configuration together. In the order of the first run of each.
[[nodiscard]] std::vector<ComparedGroup> groupRuns(const std::vector<ComparedRun>& runs, bool seedsTogether);

struct ComparisonRow {
  QString label;
  QList<QString> values;                       ///< one a group; empty where it has none
  std::vector<std::optional<double>> figures;  ///< of the values that are numbers; of several seeds the mean
  QString unit;                                ///< of the figures, where they have one
  bool isSetting = false;
  std::optional<bool> lowestIsBest;
  std::optional<int> best;  ///< the group whose value is better than all others'
};

/// Settings that are not the same in all groups, then results: of several seeds the mean and half of the 95 % interval
/// (Student). Settings that name places or only this run (name, out) are left out: they always differ.
[[nodiscard]] std::vector<ComparisonRow> compareRuns(const std::vector<ComparedRun>& runs,
                                                     const std::vector<ComparedGroup>& groups);
/// Every run for itself.
[[nodiscard]] std::vector<ComparisonRow> compareRuns(const std::vector<ComparedRun>& runs);

/// "3 runs, seed 0" or "3 runs".
[[nodiscard]] QString comparisonTitle(const std::vector<ComparedRun>& runs);

}  // namespace rosa::ui
