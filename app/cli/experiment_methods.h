// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "rosa/experiment.h"

namespace rosa::cli {

/// The options with which an experiment's command names the methods that it compares.
struct MethodOptions {
  std::vector<ExperimentMethod> known;  ///< settings at which each method learns on the experiment's models
  std::vector<std::string> names;       ///< --method
  std::vector<std::string> variants;    ///< --variant NAME:KEY=VALUE,KEY=VALUE
  std::vector<std::string> changes;     ///< --set-for NAME:KEY=VALUE
};

/// --method, --variant and --set-for. The known methods' names are the default.
void addMethodOptions(CLI::App& command, const std::shared_ptr<MethodOptions>& options,
                      std::vector<ExperimentMethod> known);

/// The methods of --method, then those of --variant; a variant starts from the known method that its method=... names.
/// Without --method but with variants these alone. False where the options do not say: the mistake has been printed.
[[nodiscard]] bool chooseMethods(const MethodOptions& options, std::vector<ExperimentMethod>& methods, int& exitCode);

}  // namespace rosa::cli
