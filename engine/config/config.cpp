// SPDX-License-Identifier: GPL-3.0-or-later
#include "rosa/config.h"

#include <array>
#include <string>

#include "config/fields.h"

namespace rosa {

std::span<const ConfigField> configFields() {
  static const std::vector<ConfigField> infos = [] {
    std::vector<ConfigField> list;
    for (const config::Field& field : config::fields()) list.push_back(field.info);
    return list;
  }();
  return infos;
}

Status setConfigField(RunConfig& config, std::string_view key, std::string_view value) {
  const config::Field* field = config::findField(key);
  if (field == nullptr) return Error{config::unknownKeyMessage(key)};
  Status parsed = field->parse(value, config);
  if (!parsed) return Error{std::string(key) + ": " + parsed.error().message};
  return {};
}

std::string configFieldText(const RunConfig& config, std::string_view key) {
  const config::Field* field = config::findField(key);
  return field == nullptr ? std::string() : field->format(config);
}

std::string joinProblems(std::span<const ConfigProblem> problems) {
  std::string lines;
  for (const ConfigProblem& problem : problems) lines += (lines.empty() ? "" : "\n") + problem.message;
  return lines;
}

}  // namespace rosa
