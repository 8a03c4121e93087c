// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "rosa/engine.h"

namespace rosa::cli {

/// `rosa runs tag`, `note`, `rename` and `delete`: what a person changes about runs. Must outlive the parsing.
class RunChanges {
 public:
  /// Adds the subcommands to `runs`.
  explicit RunChanges(CLI::App& runs);

  /// One of them was given.
  [[nodiscard]] bool parsed() const;
  [[nodiscard]] Status apply(Engine& engine) const;

 private:
  [[nodiscard]] Status deleteRuns(Engine& engine) const;

  CLI::App* tag_;
  CLI::App* note_;
  CLI::App* rename_;
  CLI::App* delete_;
  std::string run_, text_;
  std::vector<std::string> tags_, runs_;
  bool remove_ = false, yes_ = false;
};

}  // namespace rosa::cli
