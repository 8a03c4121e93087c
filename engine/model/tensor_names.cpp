// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/tensor_names.h"

#include <string_view>

namespace rosa::model {

namespace {

void replaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

std::vector<std::string> spellings(const std::string& name) {
  std::vector<std::string> all = {name};
  for (const std::string_view prefix : {"transformer.", "model.", "bert.", "roberta."}) {
    if (name.starts_with(prefix)) all.push_back(name.substr(prefix.size()));
  }
  const auto count = all.size();
  for (std::size_t i = 0; i < count; ++i) {
    auto old = all[i];
    replaceAll(old, "LayerNorm.weight", "LayerNorm.gamma");
    replaceAll(old, "LayerNorm.bias", "LayerNorm.beta");
    if (old != all[i]) all.push_back(old);
  }
  return all;
}

std::optional<std::string> spelledIn(const device::TensorSource& source, const std::string& name) {
  for (auto& spelling : spellings(name)) {
    if (source.contains(spelling)) return std::move(spelling);
  }
  return std::nullopt;
}

}  // namespace rosa::model
