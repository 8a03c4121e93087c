// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/carried_tensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <set>
#include <string>

#include "checkpoint/tensors.h"
#include "model/tensor_names.h"
#include "model/tie.h"

namespace rosa::train {

std::vector<const checkpoint::TensorEntry*> carriedTensors(const checkpoint::ModelFolder& files,
                                                           const std::vector<model::NamedTensor>& tensors,
                                                           const model::ModelConfig& config) {
  if (!config.row->whole()) return {};
  std::set<std::string, std::less<>> own;
  const auto add = [&](const std::string& name) {
    for (auto& spelling : model::spellings(name)) own.insert(std::move(spelling));
  };
  for (const auto& stored : tensors) add(stored.name);
  add(model::kLanguageHead);  // of the text half, whether this task has one or its tie makes it another's
  std::vector<const checkpoint::TensorEntry*> carried;
  std::ranges::copy_if(files.entries(), std::back_inserter(carried),
                       [&](const auto* entry) { return !own.contains(entry->name); });
  return carried;
}

std::vector<checkpoint::TensorToWrite> tensorsToWrite(const std::vector<model::NamedTensor>& tensors,
                                                      const std::vector<at::ScalarType>& types,
                                                      const model::ModelConfig& config,
                                                      const checkpoint::ModelFolder& base) {
  const checkpoint::FileTensorSource source(base);
  const auto nameOf = [&](const std::string& name) {
    if (!config.row->whole()) return name;
    return model::spelledIn(source, name).value_or(name);
  };
  std::vector<checkpoint::TensorToWrite> all;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& stored = tensors[i];
    all.push_back(checkpoint::tensorToWrite(nameOf(stored.name), stored.tensor, types[i]));
    if (!config.row->whole() || !config.tied || config.head != model::Head::LanguageModel) continue;
    if (stored.name != model::tokenTable(config)) continue;
    // Files may hold the one table of a tied model under both names.
    const auto head = model::spelledIn(source, model::kLanguageHead);
    if (head && *head != all.back().name) all.push_back(checkpoint::tensorToWrite(*head, stored.tensor, types[i]));
  }
  for (const auto* entry : carriedTensors(base, tensors, config)) all.push_back(checkpoint::copyOfTensor(base, *entry));
  return all;
}

}  // namespace rosa::train
