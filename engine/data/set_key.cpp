// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/set_key.h"

#include <fmt/format.h>

#include <system_error>

namespace rosa::data {

std::string stateOfFile(const std::filesystem::path& file) {
  std::error_code ignored;
  const auto size = std::filesystem::file_size(file, ignored);
  const auto changed = std::filesystem::last_write_time(file, ignored).time_since_epoch().count();
  return fmt::format("{}|{}|{}", file.native(), size, changed);
}

void appendToKey(std::string& key, const std::string& text) {
  key += fmt::format("{}:{};", text.size(), text);
}

std::string keyOfReading(const ExampleSpec& spec, const LabelMap* labels, const std::string& encoderKey) {
  auto key = fmt::format("|{}|{}|{}|{}|{}|{}|{}|{}|", static_cast<int>(spec.task), static_cast<int>(spec.lossOn),
                         static_cast<int>(spec.shape), static_cast<int>(spec.header), static_cast<int>(spec.quotes),
                         spec.skipBad, spec.maxLength, spec.maxRows);
  for (const auto* text : {&spec.text, &spec.textPair, &spec.label, &spec.prompt, &spec.completion, &encoderKey}) {
    appendToKey(key, *text);
  }
  if (spec.separator) appendToKey(key, *spec.separator);
  key += '|';
  if (labels != nullptr) {
    key += "given|";
    for (const auto& name : labels->names()) appendToKey(key, name);
  }
  return key;
}

}  // namespace rosa::data
