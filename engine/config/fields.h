// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rosa/config.h"

/// The one table of settings. Reading YAML, reading flags, printing, the shell command and the help texts all walk it,
/// so a new setting is one new line here.
namespace rosa::config {

struct Field {
  ConfigField info;
  Status (*parse)(std::string_view text, RunConfig& config);
  /// As on the command line; empty when unset.
  std::string (*format)(const RunConfig& config);
  bool (*isSet)(const RunConfig& config);
  bool (*equal)(const RunConfig& left, const RunConfig& right);
  bool isPath = false;  ///< of a list: what stands before the last "=" of each entry (config/mix.h)
  /// Set for repeatable keys; `parse` then appends.
  std::vector<std::string> RunConfig::*list = nullptr;
};

/// In the order of RunConfig.
[[nodiscard]] std::span<const Field> fields();
/// Null for an unknown key.
[[nodiscard]] const Field* findField(std::string_view key);
/// The sentence about a key that does not exist, with the one that was probably meant.
[[nodiscard]] std::string unknownKeyMessage(std::string_view key);

}  // namespace rosa::config
