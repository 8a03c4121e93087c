// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "rosa/expected.h"

/// Regular expressions over the names of modules, as adapter_config.json holds them. An error names an expression that
/// cannot be read, or that takes too long to match.
namespace rosa::checkpoint {

/// Whether the expression fits the whole name, as Python's re.fullmatch.
[[nodiscard]] Expected<bool> fitsWhole(std::string_view pattern, std::string_view name);

/// Whether the expression fits the name, or its end from a dot on: PEFT's `(.*\.)?(pattern)$`.
[[nodiscard]] Expected<bool> fitsEnd(std::string_view pattern, std::string_view name);

/// The whole number that the first such group of names is followed by, as of the layers in "model.layers.3.mlp": PEFT's
/// `(?:^|.*?\.)pattern\.(\d+)\.`. An empty pattern takes any segment after the first. -1 where there is none.
[[nodiscard]] Expected<long long> layerIndex(std::string_view pattern, std::string_view name);

/// Whether a module is called so, or its name ends so from a dot on; no expression.
[[nodiscard]] bool endsAtDot(std::string_view name, std::string_view end);

}  // namespace rosa::checkpoint
