// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <string>
#include <string_view>

#include "config/fields.h"
#include "rosa/config.h"

namespace rosa {
namespace {

/// True for text that YAML reads as itself without quotes. Narrower than the standard, and so easy to be sure of.
bool isPlainScalar(std::string_view text) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  if (text.empty() || text.find_first_not_of(std::string(kLetters) + "_./,%+-") != std::string_view::npos) return false;
  if (text == "null" || text == "Null" || text == "NULL") return false;
  const bool negative = text.size() > 1 && text[0] == '-' && text[1] >= '0' && text[1] <= '9';
  return negative || kLetters.find(text[0]) != std::string_view::npos || text[0] == '/' || text[0] == '.';
}

std::string scalar(std::string_view text) {
  if (isPlainScalar(text)) return std::string(text);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') {
      quoted += '\\';
      quoted += character;
    } else if (character == '\n') {
      quoted += "\\n";
    } else if (character == '\t') {
      quoted += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += "\\x";
      quoted += kHex[byte >> 4U];
      quoted += kHex[byte & 15U];
    } else {
      quoted += character;
    }
  }
  quoted += '"';
  return quoted;
}

}  // namespace

std::string formatConfig(const RunConfig& config) {
  static const RunConfig defaults;
  std::string yaml;
  std::string_view group;
  for (const config::Field& field : config::fields()) {
    const std::string text = field.format(config);
    // Defaults are written too, so that a run's file still says everything when a default changes.
    if (!field.isSet(config) || (text.empty() && field.equal(config, defaults))) continue;
    if (field.info.group != group) {
      group = field.info.group;
      yaml += yaml.empty() ? "# " : "\n# ";
      yaml += group;
      yaml += '\n';
    }
    yaml += field.info.key;
    yaml += ':';
    if (field.list != nullptr) {
      for (const std::string& entry : config.*field.list) {
        yaml += "\n  - ";
        yaml += scalar(entry);
      }
    } else {
      yaml += ' ';
      yaml += scalar(text);
    }
    yaml += '\n';
  }
  return yaml;
}

}  // namespace rosa
