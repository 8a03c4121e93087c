// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/model_remarks.h"

#include <fmt/format.h>

#include <functional>
#include <set>
#include <string_view>

#include "base/file.h"
#include "base/text.h"
#include "checkpoint/tensors.h"
#include "model/tensor_names.h"
#include "train/carried_tensors.h"

namespace rosa::train {

std::vector<std::string> unusedTensors(const checkpoint::ModelFolder& files, const model::Model& model) {
  std::set<std::string, std::less<>> used;
  const checkpoint::FileTensorSource source(files);
  for (const auto& stored : model.tensors()) {
    if (const auto name = model::spelledIn(source, stored.name)) used.insert(*name);
  }
  // What a tie makes one with what is used.
  const auto useTied = [&](const std::string& tensor) {
    if (const auto name = model::spelledIn(source, tensor)) used.insert(*name);
  };
  if (model.config().tied) useTied(model::kLanguageHead);
  if (model.config().head == model::Head::MaskedLanguageModel) {
    const std::string out(model.config().encoder.names.maskOut);
    for (const auto* part : {".weight", ".bias"}) useTied(out + part);
  }
  std::vector<std::string> unused;
  for (const auto* entry : files.entries()) {
    const std::string_view name = entry->name;
    const bool buffer = name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias") ||
                        name.ends_with("position_ids") || name.ends_with("rotary_emb.inv_freq");
    if (buffer || used.contains(name)) continue;
    unused.emplace_back(name);
  }
  return unused;
}

std::optional<std::string> remarkOnUnused(const std::filesystem::path& folder, const model::Model& model) {
  const auto files = checkpoint::ModelFolder::open(base::FileSystem::real(), folder);
  if (!files) return std::nullopt;
  const auto carried = carriedTensors(*files, model.tensors(), model.config());
  if (!carried.empty()) {
    return fmt::format(
        "The picture half of {} is carried along untouched: {} of its {} tensors, {} among them, are not trained, and "
        "an export holds them byte for byte.",
        base::printable(folder.native()), carried.size(), files->entries().size(),
        base::printable(carried.front()->name));
  }
  const auto unused = unusedTensors(*files, model);
  if (unused.empty()) return std::nullopt;
  return fmt::format("{} of {} tensors in {} are not used for this task: {}{}.", unused.size(), files->entries().size(),
                     base::printable(folder.native()), base::printable(unused.front()),
                     unused.size() > 1 ? " and others" : "");
}

std::vector<std::string> remarksOf(const model::ModelConfig& config, model::Head head) {
  auto remarks = config.remarks;
  if (head == model::Head::LanguageModel || head == model::Head::None) return remarks;
  std::erase_if(remarks, [](const auto& remark) { return remark.find(model::kLanguageHead) != std::string::npos; });
  return remarks;
}

}  // namespace rosa::train
