// SPDX-License-Identifier: GPL-3.0-or-later
#include "gguf/value.h"

#include <algorithm>
#include <array>

namespace rosa::gguf {

std::size_t Array::size() const {
  return std::visit([](const auto& list) { return list.size(); }, values);
}

std::string_view typeName(std::size_t type) {
  static constexpr std::array<std::string_view, std::variant_size_v<Value>> kNames = {
      "uint8", "int8",   "uint16", "int16",  "uint32", "int32",  "float32",
      "bool",  "string", "array",  "uint64", "int64",  "float64"};
  return type < kNames.size() ? kNames[type] : "unknown";
}

void Metadata::set(std::string key, Value value) {
  const auto found = std::ranges::find(entries_, key, &std::pair<std::string, Value>::first);
  if (found != entries_.end()) {
    found->second = std::move(value);
  } else {
    entries_.emplace_back(std::move(key), std::move(value));
  }
}

const Value* Metadata::find(std::string_view key) const {
  const auto found = std::ranges::find(entries_, key, &std::pair<std::string, Value>::first);
  return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace rosa::gguf
