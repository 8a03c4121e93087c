// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace rosa::cli {

/// What is wrong with a command line that could not be parsed, and what to write, in one sentence. `first` is the
/// command line's first word.
[[nodiscard]] std::string sentenceOf(const CLI::ParseError& error, const CLI::App& app, const std::string& first);

}  // namespace rosa::cli
