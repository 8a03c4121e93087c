// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/tensor_names.h"

namespace rosa::model {

namespace {

void replaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

constexpr std::string_view kPrefixes[] = {"transformer.", "model.",   "bert.",   "roberta.",
                                          "distilbert.",  "electra.", "albert.", "deberta."};

/// The text half of a whole model as its files name it: the one way or the other, whatever the class.
constexpr std::string_view kTextHalf = "model.language_model.", kOlderTextHalf = "language_model.model.";
constexpr std::string_view kOlderHead = "language_model.lm_head.weight";

}  // namespace

std::string_view withoutPrefix(std::string_view name) {
  for (const auto prefix : kPrefixes) {
    if (name.starts_with(prefix)) return name.substr(prefix.size());
  }
  return name;
}

std::vector<std::string> spellings(const std::string& name) {
  std::vector<std::string> all = {name};
  if (const auto bare = withoutPrefix(name); bare != name) all.emplace_back(bare);
  if (name.starts_with(kTextHalf)) all.push_back(std::string(kOlderTextHalf) + name.substr(kTextHalf.size()));
  if (name == kLanguageHead) all.emplace_back(kOlderHead);
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
