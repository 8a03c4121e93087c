// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/start_adapter.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "adapt/ia3.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "checkpoint/name_pattern.h"
#include "checkpoint/peft_keys.h"
#include "checkpoint/tensors.h"
#include "config/values.h"
#include "model/tensor_names.h"
#include "model/tie.h"
#include "model/virtual_tokens.h"
#include "rosa/method_traits.h"
#include "train/opened_model.h"

namespace rosa::train {

namespace {

using checkpoint::PeftKind;

/// As a name may be spelled in an adapter of the bare model, without the prefix that a model with its head has.
bool isName(std::string_view own, std::string_view stored) {
  return own == stored || model::withoutPrefix(own) == stored;
}

Expected<at::Tensor> read(const checkpoint::PeftAdapter& adapter, const checkpoint::TensorEntry* entry,
                          const at::Tensor& like) {
  ROSA_TRY(const auto tensor, checkpoint::loadTensor(adapter.file(), entry->name, like.scalar_type()));
  return tensor.to(like.device());
}

bool scalesInputs(const checkpoint::PeftAdapter::Layer& layer) {
  // [1, in] or [out, 1]; a single factor is its own side's either way only where that side is one wide.
  return layer.factors->shape[0] == 1 && layer.factors->shape[1] != 1;
}

/// Whether modules_to_save names the tensor's module, or one that holds it.
bool isSavedWith(const checkpoint::PeftConfig& config, std::string_view tensor) {
  for (auto end = tensor.rfind('.'); end != std::string_view::npos && end > 0; end = tensor.rfind('.', end - 1)) {
    if (config.savesModule(tensor.substr(0, end))) return true;
  }
  return false;
}

const model::NamedTensor* findTensor(const model::Model& model, std::string_view name) {
  const auto& tensors = model.tensors();
  const auto of = [&](std::string_view wanted) {
    const auto found = std::ranges::find_if(tensors, [&](const auto& stored) { return isName(stored.name, wanted); });
    return found == tensors.end() ? nullptr : &*found;
  };
  const auto* found = of(name);
  // The one table of a tied model goes by either name.
  const auto& config = model.config();
  const bool tied = model::outputIsTable(config) && name == model::outputLayer(config);
  return found == nullptr && tied ? of(model::tokenTable(config)) : found;
}

/// The two tensors that a tie makes one.
constexpr std::array<std::string_view, 5> kTied{"lm_head.weight", "embed_tokens.weight", "wte.weight",
                                                "word_embeddings.weight", "tok_embeddings.weight"};

}  // namespace

Expected<StartAdapter> StartAdapter::open(const std::filesystem::path& folder, const model::Model& model) {
  ROSA_TRY(auto adapter, checkpoint::PeftAdapter::open(base::FileSystem::real(), folder));
  StartAdapter start(std::move(adapter));
  ROSA_CHECK(start.matchLayers(model));
  ROSA_CHECK(start.matchVirtual(model));
  ROSA_CHECK(start.matchSaved(model));
  ROSA_CHECK(start.matchTokenRows(model));
  ROSA_CHECK(start.checkNamed(model));
  return start;
}

Expected<std::optional<StartAdapter>> StartAdapter::openFor(const RunConfig& config, const model::Model& model) {
  if (config.adapter.empty()) return std::optional<StartAdapter>();
  ROSA_TRY(auto start, open(config.adapter, model));
  ROSA_CHECK(start.checkRun(config));
  return std::optional(std::move(start));
}

Status StartAdapter::checkRun(const RunConfig& config) const {
  const auto file = base::printable((adapter_.path() / "adapter_config.json").native());
  const auto type = checkpoint::peftType(adapter_.config().kind);
  const auto own = config::formatValue(method()), asked = config::formatValue(config.method);
  if (!adapter_.tokenRows().empty() && method() == config.method) {
    return Error{fmt::format(
        "{}: trainable_token_indices names rows of a token table, with which a run of method {} does not go on. Choose "
        "another method, which merges the adapter first, or train on the model that rosa export makes of it.",
        file, own)};
  }
  if (adapter_.virtualTokens() == nullptr) {
    if (!isPrompt(config.method)) return {};
    return Error{fmt::format(
        "{}: peft_type is {}, but a run of method {} starts from virtual tokens alone. Choose a folder of type {}, or "
        "train on the model that rosa export makes of this adapter.",
        file, type, asked,
        checkpoint::peftType(config.method == Method::Prompt ? PeftKind::Prompt : PeftKind::Prefix))};
  }
  const auto count = adapter_.config().virtualTokens;
  if (method() != config.method) {
    return Error{
        fmt::format("{}: peft_type is {}, from which a run of method {} cannot start. Write --method {} and "
                    "--virtual-tokens {}, or choose another adapter.",
                    file, type, asked, own, count)};
  }
  if (count == config.virtualTokens) return {};
  return Error{fmt::format("{}: num_virtual_tokens is {}, but virtual-tokens is {}. Write --virtual-tokens {}.", file,
                           count, config.virtualTokens, count)};
}

std::string StartAdapter::madeFor() const {
  const auto& base = adapter_.config().baseModel;
  return base.empty() ? std::string("the model it was made for")
                      : fmt::format("the model it was made for ({})", base::printable(base));
}

Status StartAdapter::matchLayers(const model::Model& model) {
  const auto& linears = model.linears();
  const auto folder = base::printable(adapter_.path().native());
  for (const auto& stored : adapter_.layers()) {
    const auto found =
        std::ranges::find_if(linears, [&](const auto* slot) { return isName(slot->name(), stored.module); });
    if (found == linears.end() && model.config().row->whole() &&
        !stored.module.starts_with(model.config().decoder.textHalf)) {
      return Error{fmt::format(
          "{}: the adapter changes layer {}, which is not of the text half, and no other is computed here. Choose an "
          "adapter of the text half alone, or {}.",
          folder, base::inQuotes(stored.module), checkpoint::kMergeWithPeft)};
    }
    if (found == linears.end()) {
      return Error{fmt::format("{}: the adapter changes layer {}, which this model does not have. Choose {}.", folder,
                               base::inQuotes(stored.module), madeFor())};
    }
    const auto weight = (*found)->weight();
    const auto in = weight.size(0), out = weight.size(1);
    const bool fits = stored.factors != nullptr ? stored.factors->count() == (scalesInputs(stored) ? in : out)
                                                : stored.a->shape[1] == in && stored.b->shape[0] == out;
    if (!fits) {
      return Error{
          fmt::format("{}: the adapter's tensors for layer {} do not fit the model's {} x {} matrix. Choose {}.",
                      folder, base::inQuotes(stored.module), in, out, madeFor())};
    }
    layers_.push_back({static_cast<std::size_t>(found - linears.begin()), &stored});
  }
  std::ranges::sort(layers_, {}, &Layer::linear);
  return {};
}

Status StartAdapter::matchVirtual(const model::Model& model) const {
  const auto* stored = adapter_.virtualTokens();
  if (stored == nullptr) return {};
  const auto file = base::printable(adapter_.file().path().native());
  if (model.config().virtualTokens > 0) {
    return Error{fmt::format("{}: the model has virtual tokens already. Leave the adapter out.", file)};
  }
  ROSA_CHECK(model::checkVirtual(virtualKindOf(method()), model.config()));
  const auto count = stored->shape[0];
  const auto needed = model::virtualShape(virtualKindOf(method()), count, model.config());
  if (stored->shape != needed) {
    return Error{fmt::format("{}: {} has the shape [{}] where this model needs [{}]. Choose {}.", file, stored->name,
                             fmt::join(stored->shape, ", "), fmt::join(needed, ", "), madeFor())};
  }
  if (count < model.config().longestSequence()) return {};
  return Error{fmt::format("{}: its {} virtual tokens leave no room in the model's {} positions. Choose {}.", file,
                           count, model.config().longestSequence(), madeFor())};
}

Status StartAdapter::matchSaved(const model::Model& model) {
  const auto folder = base::printable(adapter_.path().native());
  for (const auto& saved : adapter_.saved()) {
    const auto* tensor = findTensor(model, saved.name);
    if (tensor == nullptr) {
      return Error{
          fmt::format("{}: the adapter holds {}, which this model does not have for this task. Choose {}, and "
                      "the task it was trained for.",
                      folder, base::inQuotes(saved.name), madeFor())};
    }
    if (tensor->tensor.sizes().vec() != saved.entry->shape) {
      return Error{
          fmt::format("{}: the adapter's {} has the shape [{}] where the model's has [{}]. Choose {}, and data "
                      "with the same classes.",
                      folder, base::inQuotes(saved.name), fmt::join(saved.entry->shape, ", "),
                      fmt::join(tensor->tensor.sizes(), ", "), madeFor())};
    }
    saved_.push_back({tensor->name, saved.entry->name});
  }
  // Of two names of one table the output layer's counts, which PEFT reads last.
  std::ranges::stable_sort(saved_, {}, [](const Saved& saved) { return saved.stored.ends_with(model::kLanguageHead); });
  return {};
}

Status StartAdapter::matchTokenRows(const model::Model& model) const {
  const auto folder = base::printable(adapter_.path().native());
  for (const auto& rows : adapter_.tokenRows()) {
    const auto* table = findTensor(model, rows.module + ".weight");
    const bool fits = table != nullptr && table->role == model::Role::Embedding &&
                      table->tensor.size(1) == rows.entry->shape[1] &&
                      std::ranges::all_of(rows.ids, [&](auto id) { return id < table->tensor.size(0); });
    if (fits) continue;
    return Error{fmt::format("{}: the adapter's rows of {} fit no table of tokens of this model. Choose {}.", folder,
                             base::inQuotes(rows.module), madeFor())};
  }
  return {};
}

Status StartAdapter::mergeTokenRows(const model::Model& model) const {
  for (const auto& rows : adapter_.tokenRows()) {
    auto table = findTensor(model, rows.module + ".weight")->tensor;
    ROSA_TRY(const auto values, read(adapter_, rows.entry, table));
    table.index_copy_(0, at::tensor(rows.ids, at::kLong).to(table.device()), values);
  }
  return {};
}

Status StartAdapter::checkNamed(const model::Model& model) {
  const auto& config = adapter_.config();
  const auto file = base::printable((adapter_.path() / "adapter_config.json").native());
  for (const auto& tensor : model.tensors()) {
    const bool there = std::ranges::any_of(saved_, [&](const auto& saved) { return saved.name == tensor.name; });
    if (there || !isSavedWith(config, tensor.name)) continue;
    return Error{fmt::format(
        "{}: modules_to_save names the module of {}, but the adapter holds no such tensor, so that PEFT would not load "
        "it. Save the adapter again, or take the module out of modules_to_save.",
        file, base::inQuotes(tensor.name))};
  }
  if (adapter_.layers().empty() || (config.targetModules.empty() && config.targetPattern.empty())) return {};
  std::vector<std::string> absent;
  for (std::size_t i = 0; i < model.linears().size(); ++i) {
    const auto& name = model.linears()[i]->name();
    const bool there = std::ranges::find(layers_, i, &Layer::linear) != layers_.end();
    if (there || isSavedWith(config, name + ".weight")) continue;
    const auto targeted = config.targets(name);
    if (!targeted) return Error{fmt::format("{}: {}.", file, targeted.error().message)};
    if (*targeted) absent.push_back(name);
  }
  if (!absent.empty()) {
    remarks_.push_back(
        fmt::format("{}: target_modules fits {} layers of this model for which the adapter holds nothing, {} among "
                    "them. They stay as the base model has them, as in PEFT.",
                    file, absent.size(), base::inQuotes(absent.front())));
  }
  return {};
}

Status StartAdapter::takeOut(const Layer& layer, const model::Model& model) const {
  const auto init = adapter_.config().init;
  if (init == checkpoint::LoraInit::Plain || layer.stored->factors != nullptr) return {};
  const at::NoGradGuard noGrad;
  const auto* slot = model.linears()[layer.linear];
  auto weight = slot->weight();
  const auto rank = layer.stored->rank;
  const auto unclear = [&](const char* why) {
    return Error{
        fmt::format("{}: init_lora_weights is \"{}\", but of layer {} {}, so that what it took out of the base model "
                    "cannot be told "
                    "from the folder. Save the adapter again with PEFT's save_pretrained and "
                    "path_initial_model_for_weight_conversion, which writes it as plain LoRA.",
                    base::printable((adapter_.path() / "adapter_config.json").native()),
                    init == checkpoint::LoraInit::Pissa ? "pissa" : "olora", base::inQuotes(slot->name()), why)};
  };
  constexpr double kRounding = 1e-6;
  if (init == checkpoint::LoraInit::Pissa) {
    const auto [u, sigma, vh] = at::linalg_svd(weight, /*full_matrices=*/false);
    const auto values = sigma.to(at::kCPU, at::kDouble);
    const auto at = [&](std::int64_t index) { return values[index].item<double>(); };
    const bool cut = rank < values.numel();
    if (cut && at(rank - 1) > kRounding * at(0) && at(rank - 1) - at(rank) <= kRounding * at(0)) {
      return unclear("the singular values on both sides of the rank are equal");
    }
    const auto count = std::min(rank, values.numel());
    weight.sub_(at::mm(u.narrow(1, 0, count) * sigma.narrow(0, 0, count), vh.narrow(0, 0, count)));
    return {};
  }
  // PEFT takes W as its module stores it: [out, in] of a linear layer, [in, out] of GPT-2's.
  const auto stored = findTensor(model, slot->name() + ".weight")->tensor;
  auto asStored = weight.strides() == stored.strides() ? weight : weight.t();
  const auto [q, r] = at::linalg_qr(asStored);
  const auto count = std::min(rank, r.size(0));
  const auto diagonal = r.diagonal().narrow(0, 0, count).abs();
  if (diagonal.min().item<double>() <= kRounding * diagonal.max().item<double>()) {
    return unclear("the first columns depend on each other");
  }
  asStored.sub_(at::mm(q.narrow(1, 0, count), r.narrow(0, 0, count)), layer.stored->scale);
  return {};
}

Method StartAdapter::method() const {
  switch (adapter_.config().kind) {
    case PeftKind::Ia3:
      return Method::Ia3;
    case PeftKind::Prompt:
      return Method::Prompt;
    case PeftKind::Prefix:
      return Method::Prefix;
    case PeftKind::Lora:
      break;
  }
  return adapter_.config().dora ? Method::Dora : Method::Lora;
}

std::vector<std::string> StartAdapter::savedTensors() const {
  std::vector<std::string> names;
  for (const auto& saved : saved_) {
    if (std::ranges::find(names, saved.name) == names.end()) names.push_back(saved.name);
  }
  return names;
}

Status StartAdapter::merge(model::Model& model) const {
  const at::NoGradGuard noGrad;
  ROSA_CHECK(loadSaved(model));
  ROSA_CHECK(mergeTokenRows(model));
  if (adapter_.virtualTokens() != nullptr) {
    return loadVirtual(model.prepend(virtualKindOf(method()), adapter_.config().virtualTokens, 0));
  }
  for (const auto& layer : layers_) {
    const auto* slot = model.linears()[layer.linear];
    auto weight = slot->weight();
    const auto& stored = *layer.stored;
    if (stored.factors != nullptr) {
      ROSA_TRY(const auto factors, read(adapter_, stored.factors, weight));
      weight.mul_(scalesInputs(stored) ? factors.reshape({-1, 1}) : factors.reshape({1, -1}));
      if (scalesInputs(stored) || !slot->hasBias()) continue;
      auto bias = findTensor(model, slot->name() + ".bias")->tensor;
      bias.mul_(factors.flatten());
      continue;
    }
    ROSA_CHECK(takeOut(layer, model));
    ROSA_TRY(const auto a, read(adapter_, stored.a, weight));
    ROSA_TRY(const auto b, read(adapter_, stored.b, weight));
    weight.addmm_(a.t(), b.t(), 1, stored.scale);
    if (stored.magnitude == nullptr) continue;
    ROSA_TRY(const auto magnitude, read(adapter_, stored.magnitude, weight));
    weight.mul_(magnitude.flatten() / at::linalg_vector_norm(weight, 2, at::IntArrayRef{0}));
  }
  return {};
}

Status StartAdapter::loadVirtual(adapt::Parameter& tokens) const {
  const at::NoGradGuard noGrad;
  return checkpoint::readTensor(adapter_.file(), checkpoint::kPeftVirtualTokens, tokens.value);
}

Status StartAdapter::loadSaved(const model::Model& model) const {
  const at::NoGradGuard noGrad;
  for (const auto& saved : saved_) {
    ROSA_CHECK(checkpoint::readTensor(adapter_.file(), saved.stored, findTensor(model, saved.name)->tensor));
  }
  return {};
}

adapt::MethodSettings StartAdapter::settingsOf(adapt::MethodSettings settings, const Layer& layer) {
  settings.rank.value = layer.stored->rank;
  settings.scale = layer.stored->scale;
  settings.loraStart = LoraStart::Kaiming;  // its values are replaced at once
  if (layer.stored->factors != nullptr) settings.ia3Inputs = scalesInputs(*layer.stored);
  return settings;
}

Status StartAdapter::load(const Layer& layer, adapt::Adaptation& adaptation) const {
  const at::NoGradGuard noGrad;
  const auto& stored = *layer.stored;
  adaptation.beforeStep();
  for (auto* parameter : adaptation.parameters()) {
    const bool isA = parameter->name.ends_with(":A");
    const auto* entry = stored.factors != nullptr                 ? stored.factors
                        : isA                                     ? stored.a
                        : parameter->name.ends_with(":magnitude") ? stored.magnitude
                                                                  : stored.b;
    ROSA_TRY(const auto value, read(adapter_, entry, parameter->value));
    parameter->value.copy_(parameter->value.dim() == 2 ? value.t() : value.flatten());
  }
  adaptation.afterStep();
  return {};
}

Status mergeAdapter(const std::filesystem::path& folder, model::Model& model) {
  if (folder.empty()) return {};
  ROSA_TRY(const auto start, StartAdapter::open(folder, model));
  return start.merge(model);
}

void chooseHead(const checkpoint::PeftAdapter& adapter, model::BuildOptions& options) {
  for (const auto& saved : adapter.saved()) {
    for (const std::string_view head : {"score.weight", "classifier.weight", "classifier.out_proj.weight"}) {
      if (saved.name != head || saved.entry->shape.empty()) continue;
      options.labels = saved.entry->shape.front();
      options.head = adapter.config().taskType == "TOKEN_CLS" ? model::Head::TokenClassification
                     : options.labels == 1                    ? model::Head::Regression
                                                              : model::Head::Classification;
    }
  }
}

void untieFor(const checkpoint::PeftAdapter& adapter, model::BuildOptions& options) {
  const auto& config = adapter.config();
  if (config.tieModulesToSave) return;
  for (const auto& saved : adapter.saved()) {
    const bool ofTie = std::ranges::any_of(kTied, [&](auto name) { return checkpoint::endsAtDot(saved.name, name); });
    if (ofTie && isSavedWith(config, saved.name)) options.untie = true;
  }
}

void untieFor(const std::filesystem::path& adapter, model::BuildOptions& options) {
  if (adapter.empty()) return;
  if (const auto opened = checkpoint::PeftAdapter::open(base::FileSystem::real(), adapter)) untieFor(*opened, options);
}

bool bringsHead(const std::filesystem::path& folder) {
  if (folder.empty()) return false;
  const auto adapter = checkpoint::PeftAdapter::open(base::FileSystem::real(), folder);
  if (!adapter) return false;
  model::BuildOptions options;
  chooseHead(*adapter, options);
  return options.head != model::Head::None;
}

Expected<std::string> fingerprintAdapter(const std::filesystem::path& folder) {
  auto& files = base::FileSystem::real();
  ROSA_TRY(const auto config, base::digestFile(files, folder / "adapter_config.json"));
  ROSA_TRY(const auto tensors, base::digestFile(files, folder / "adapter_model.safetensors"));
  return config.sha256 + tensors.sha256;
}

}  // namespace rosa::train
