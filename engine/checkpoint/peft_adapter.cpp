// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/peft_adapter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/atomic_write.h"
#include "base/text.h"

namespace rosa::checkpoint {
namespace {

constexpr const char* kConfig = "adapter_config.json";
constexpr const char* kTensors = "adapter_model.safetensors";
constexpr std::string_view kStoredPrefix = "base_model.model.";
constexpr std::string_view kPrefixBesideVirtual = "base_model.";

struct Ending {
  PeftPart part;
  std::string_view text;  ///< as it is written
};
constexpr std::array kEndings{Ending{PeftPart::LoraA, ".lora_A.weight"}, Ending{PeftPart::LoraB, ".lora_B.weight"},
                              Ending{PeftPart::Magnitude, ".lora_magnitude_vector"}, Ending{PeftPart::Ia3, ".ia3_l"},
                              Ending{PeftPart::TokenRows, ".token_adapter.trainable_tokens_delta"}};
/// Spellings of older releases, and of files saved without taking the adapter's name out.
constexpr std::array kOtherEndings{
    Ending{PeftPart::LoraA, ".lora_A.default.weight"}, Ending{PeftPart::LoraB, ".lora_B.default.weight"},
    Ending{PeftPart::Magnitude, ".lora_magnitude_vector.weight"},
    Ending{PeftPart::Magnitude, ".lora_magnitude_vector.default.weight"}, Ending{PeftPart::Ia3, ".ia3_l.default"}};

/// A tensor of a wrapped layer under the name that the plain model has for it.
std::string withoutWrapper(std::string_view name) {
  for (const std::string_view wrapper : {".base_layer.", ".modules_to_save.default."}) {
    const auto at = name.find(wrapper);
    if (at != std::string_view::npos) return fmt::format("{}.{}", name.substr(0, at), name.substr(at + wrapper.size()));
  }
  return std::string(name);
}

std::string shapeText(const TensorEntry& entry) {
  return fmt::format("[{}]", fmt::join(entry.shape, ", "));
}

}  // namespace

Expected<PeftTensor> parsePeftName(std::string_view stored) {
  if (!stored.starts_with(kStoredPrefix)) {
    return Error{
        fmt::format("tensor {} is not named as PEFT names an adapter's ({}...): save the adapter again with PEFT",
                    base::inQuotes(stored), kStoredPrefix)};
  }
  const auto name = stored.substr(kStoredPrefix.size());
  const auto found = [&](const Ending& ending) {
    return name.size() > ending.text.size() && name.ends_with(ending.text);
  };
  for (const auto* endings : {kEndings.data(), kOtherEndings.data()}) {
    const auto count = endings == kEndings.data() ? kEndings.size() : kOtherEndings.size();
    const std::span list(endings, count);
    const auto ending = std::ranges::find_if(list, found);
    if (ending != list.end()) {
      return PeftTensor{ending->part, std::string(name.substr(0, name.size() - ending->text.size()))};
    }
  }
  // PEFT merges into the token table itself, and so into an output layer that is tied to it.
  if (name.find(".lora_embedding_") != std::string_view::npos) {
    return Error{
        fmt::format("tensor {} adapts a token table, which is not built: if the model's output layer has a table of "
                    "its own, {}; if the two are tied, PEFT's merge changes both, so train it again without the token "
                    "table among target_modules",
                    base::inQuotes(stored), kMergeWithPeft)};
  }
  for (const std::string_view other : {".lora_", ".ia3_"}) {
    if (name.find(other) != std::string_view::npos) {
      return Error{fmt::format("tensor {} is of a kind that is not built: {}", base::inQuotes(stored), kMergeWithPeft)};
    }
  }
  return PeftTensor{PeftPart::Saved, withoutWrapper(name)};
}

std::string peftName(PeftPart part, std::string_view module) {
  const auto* ending = std::ranges::find(kEndings, part, &Ending::part);
  return fmt::format("{}{}{}", kStoredPrefix, module, ending == kEndings.end() ? "" : ending->text);
}

std::string peftNameBesideVirtual(std::string_view tensor) {
  return std::string(kPrefixBesideVirtual).append(tensor);
}

bool isPeftFolder(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::exists(folder / kConfig, ignored);
}

PeftAdapter::PeftAdapter(std::filesystem::path path, PeftConfig config, SafetensorsFile file)
    : path_(std::move(path)), config_(std::move(config)), file_(std::move(file)) {}

Expected<PeftAdapter> PeftAdapter::open(base::FileSystem& files, const std::filesystem::path& folder) {
  const auto configPath = folder / kConfig;
  const auto tensorPath = folder / kTensors;
  std::error_code ignored;
  if (!isPeftFolder(folder)) {
    return Error{
        fmt::format("{} holds no {}. Choose the folder of a PEFT adapter.", base::printable(folder.native()), kConfig)};
  }
  if (!std::filesystem::exists(tensorPath, ignored)) {
    const bool pickle = std::filesystem::exists(folder / "adapter_model.bin", ignored);
    return Error{fmt::format("{} holds no {}{}. Save the adapter with PEFT's save_pretrained, which writes it.",
                             base::printable(folder.native()), kTensors,
                             pickle ? ", and adapter_model.bin is a pickle that is never read" : "")};
  }
  ROSA_TRY(const auto json, base::readJsonFile(files, configPath));
  ROSA_TRY(auto config, parsePeftConfig(json, base::printable(configPath.native())));
  ROSA_TRY(auto file, SafetensorsFile::open(files, tensorPath));
  PeftAdapter adapter(folder, std::move(config), std::move(file));
  ROSA_CHECK(adapter.sort());
  return adapter;
}

Error PeftAdapter::problem(const std::string& reason) const {
  return Error{fmt::format("{}: {}.", base::printable(file_.path().native()), reason)};
}

Error PeftAdapter::configProblem(const std::string& reason) const {
  return Error{fmt::format("{}: {}.", base::printable((path_ / kConfig).native()), reason)};
}

Status PeftAdapter::sort() {
  for (const auto* entry : file_.entries()) {
    if (isFloating(entry->dtype)) continue;
    return problem(fmt::format("tensor {} holds {} numbers, not floating-point ones: save the adapter again with PEFT",
                               base::inQuotes(entry->name), dtypeWord(entry->dtype)));
  }
  return isVirtual(config_.kind) ? sortVirtual() : sortLayers();
}

Status PeftAdapter::sortVirtual() {
  for (const auto* entry : file_.entries()) {
    const std::string_view name = entry->name;
    if (name == kPeftVirtualTokens) {
      virtualTokens_ = entry;
    } else if (name.starts_with(kPrefixBesideVirtual)) {
      saved_.push_back({withoutWrapper(name.substr(kPrefixBesideVirtual.size())), entry});
    } else {
      return problem(
          fmt::format("tensor {} is not named as PEFT names one beside virtual tokens ({}...): save the "
                      "adapter again with PEFT",
                      base::inQuotes(name), kPrefixBesideVirtual));
    }
  }
  if (virtualTokens_ == nullptr) {
    return problem(fmt::format("it holds no {}, which peft_type {} of {} asks for: save the adapter again with PEFT",
                               kPeftVirtualTokens, peftType(config_.kind), kConfig));
  }
  const auto& shape = virtualTokens_->shape;
  if (shape.size() != 2 || shape[0] != config_.virtualTokens) {
    return problem(
        fmt::format("{} has the shape {}, but num_virtual_tokens of {} says {}: save the adapter "
                    "again with PEFT",
                    kPeftVirtualTokens, shapeText(*virtualTokens_), kConfig, config_.virtualTokens));
  }
  return {};
}

Status PeftAdapter::sortLayers() {
  std::map<std::string, std::size_t> places;
  for (const auto* entry : file_.entries()) {
    const auto name = parsePeftName(entry->name);
    if (!name) return problem(name.error().message);
    if (name->part == PeftPart::Saved) {
      saved_.push_back({name->module, entry});
      continue;
    }
    if (name->part == PeftPart::TokenRows) {
      ROSA_CHECK(addTokenRows(name->module, *entry));
      continue;
    }
    const auto [place, added] = places.try_emplace(name->module, layers_.size());
    if (added) {
      layers_.emplace_back();
      layers_.back().module = name->module;
    }
    auto& layer = layers_[place->second];
    auto& slot = name->part == PeftPart::LoraA       ? layer.a
                 : name->part == PeftPart::LoraB     ? layer.b
                 : name->part == PeftPart::Magnitude ? layer.magnitude
                                                     : layer.factors;
    if (slot != nullptr) {
      return problem(fmt::format("module {} has two tensors of one kind: save the adapter again with PEFT",
                                 base::inQuotes(layer.module)));
    }
    slot = entry;
  }
  if (tokenRows_.size() < config_.tokenRows.size()) {
    return problem(
        fmt::format("it lacks rows that trainable_token_indices of {} names, so that PEFT would not load "
                    "it: save the adapter again with PEFT",
                    kConfig));
  }
  if (layers_.empty()) return problem("none of its tensors adapts a layer: choose another adapter");
  for (auto& layer : layers_) ROSA_CHECK(check(layer));
  return {};
}

Status PeftAdapter::addTokenRows(const std::string& module, const TensorEntry& entry) {
  const auto* ids = config_.rowsOf(module);
  const bool fits = ids != nullptr && entry.shape.size() == 2 && entry.shape[0] == std::ssize(*ids);
  if (!fits) {
    return problem(fmt::format(
        "tensor {} has the shape {}, but trainable_token_indices of {} names {} rows of this "
        "table: save the adapter again with PEFT",
        base::inQuotes(entry.name), shapeText(entry), kConfig, ids == nullptr ? "no" : std::to_string(ids->size())));
  }
  tokenRows_.push_back({module, &entry, *ids});
  return {};
}

Status PeftAdapter::check(Layer& layer) const {
  const auto targeted = config_.targets(layer.module);
  if (!targeted) return configProblem(targeted.error().message);
  if (!*targeted) {
    return problem(fmt::format(
        "it changes module {}, which target_modules, exclude_modules or layers_to_transform of {} leave out, so that "
        "PEFT would not read it: mend these keys, or save the adapter again with PEFT",
        base::inQuotes(layer.module), kConfig));
  }
  const auto of = [&](const char* reason) {
    return problem(fmt::format("module {} {}: save the adapter again with PEFT", base::inQuotes(layer.module), reason));
  };
  if (config_.kind == PeftKind::Ia3) {
    if (layer.factors == nullptr || layer.a != nullptr || layer.b != nullptr)
      return of("has tensors of LoRA, but peft_type is IA3");
    const auto& shape = layer.factors->shape;
    if (shape.size() != 2 || (shape[0] != 1 && shape[1] != 1)) {
      return problem(
          fmt::format("tensor {} has the shape {}, where one factor for each row or each column is needed: "
                      "save the adapter again with PEFT",
                      base::inQuotes(layer.factors->name), shapeText(*layer.factors)));
    }
    return {};
  }
  if (layer.factors != nullptr) return of("has ia3_l, but peft_type is LORA");
  if (layer.a == nullptr || layer.b == nullptr) return of("does not have both lora_A and lora_B");
  if (config_.dora != (layer.magnitude != nullptr)) {
    return of(config_.dora ? "has no lora_magnitude_vector, which use_dora asks for"
                           : "has a lora_magnitude_vector, but use_dora is false");
  }
  const auto& a = layer.a->shape;
  const auto& b = layer.b->shape;
  if (a.size() != 2 || b.size() != 2 || a[0] != b[1] || a[0] == 0 ||
      (layer.magnitude != nullptr && layer.magnitude->count() != b[0])) {
    return problem(
        fmt::format("the tensors of module {} do not fit each other, lora_A being {} and lora_B {}: save "
                    "the adapter again with PEFT",
                    base::inQuotes(layer.module), shapeText(*layer.a), shapeText(*layer.b)));
  }
  layer.rank = a[0];
  const auto fits = config_.canHaveRank(layer.module, layer.rank);
  const auto rank = config_.rankOf(layer.module);
  const auto scale = config_.scaleOf(layer.module, layer.rank);
  for (const auto* error :
       {fits ? nullptr : &fits.error(), rank ? nullptr : &rank.error(), scale ? nullptr : &scale.error()}) {
    if (error != nullptr) return configProblem(error->message);
  }
  if (!*fits) {
    return problem(
        fmt::format("module {} has rank {}, but r or rank_pattern of {} says {}: save the adapter again with PEFT",
                    base::inQuotes(layer.module), layer.rank, kConfig, *rank));
  }
  layer.scale = *scale;
  return {};
}

Status writePeftAdapter(base::FileSystem& files, const std::filesystem::path& folder, const PeftConfig& config,
                        std::span<const TensorToWrite> tensors) {
  ROSA_CHECK(writeSafetensors(files, folder / kTensors, tensors, {{"format", "pt"}}));
  return base::writeFileAtomically(files, folder / kConfig, formatPeftConfig(config));
}

}  // namespace rosa::checkpoint
