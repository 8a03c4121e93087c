// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <string>
#include <string_view>

#include "config/fields.h"
#include "rosa/config.h"

namespace rosa {
namespace {

/// Plain where every POSIX shell leaves it alone, otherwise in single quotes.
std::string quotedForShell(std::string_view text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./,:=@%+-";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) return std::string(text);
  std::string quoted = "'";
  for (const char character : text) {
    if (character == '\'') {
      quoted += "'\\''";
    } else {
      quoted += character;
    }
  }
  return quoted + "'";
}

void appendFlag(std::string& command, std::string_view key, std::string_view value) {
  // A value that starts with a dash would be taken for a flag of its own.
  command += " --" + std::string(key) + (value.starts_with('-') ? "=" : " ") + quotedForShell(value);
}

}  // namespace

std::string configCommand(const RunConfig& config) {
  static const RunConfig defaults;
  std::string command = "rosa train";
  for (const config::Field& field : config::fields()) {
    if (field.equal(config, defaults)) continue;
    if (field.list != nullptr) {
      for (const std::string& entry : config.*field.list) appendFlag(command, field.info.key, entry);
    } else {
      appendFlag(command, field.info.key, field.format(config));
    }
  }
  return command;
}

}  // namespace rosa
