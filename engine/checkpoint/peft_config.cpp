// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/peft_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "checkpoint/name_pattern.h"

namespace rosa::checkpoint {
namespace {

using base::Json;

constexpr std::int64_t kLargestCount = 1'000'000;

constexpr std::array<std::string_view, 4> kTypes{"LORA", "IA3", "PROMPT_TUNING", "PREFIX_TUNING"};  // as PeftKind

/// An expression's error with the key that holds the expression.
template <typename Value>
Expected<Value> of(std::string_view key, Expected<Value> found) {
  if (found) return found;
  return Error{fmt::format("{}: {}", key, found.error().message)};
}

/// The value of the first pattern that fits the module's name; nullptr where none does.
template <typename Value>
Expected<const Value*> find(std::string_view key, const std::vector<std::pair<std::string, Value>>& patterns,
                            std::string_view module) {
  for (const auto& [pattern, value] : patterns) {
    ROSA_TRY(const bool fits, of(key, fitsEnd(pattern, module)));
    if (fits) return &value;
  }
  return nullptr;
}

/// Reads key by key and keeps the first mistake.
class Reader {
 public:
  Reader(const Json& json, std::string_view source) : json_(json), source_(source) {}

  [[nodiscard]] const Json* find(std::string_view key) const {
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }

  void read(std::string_view key, bool& value) {
    const auto* json = find(key);
    if (json == nullptr) return;
    if (!json->is_boolean()) return fail(key, "true or false");
    value = json->get<bool>();
  }
  void read(std::string_view key, std::string& value) {
    const auto* json = find(key);
    if (json == nullptr) return;
    if (!json->is_string()) return fail(key, "a text");
    value = json->get<std::string>();
  }
  void readCount(std::string_view key, std::int64_t& value) {
    if (const auto* json = find(key)) readCount(key, *json, value);
  }
  void readCount(std::string_view key, const Json& json, std::int64_t& value) {
    const bool right = json.is_number_integer() && json > 0 && json <= kLargestCount;
    if (!right) return fail(key, "a whole number above 0");
    value = json.get<std::int64_t>();
  }
  void readAlpha(std::string_view key, const Json& json, double& value) {
    if (!json.is_number() || !std::isfinite(json.get<double>())) return fail(key, "a number");
    value = json.get<double>();
  }
  void read(std::string_view key, std::vector<std::string>& list) {
    const auto* json = find(key);
    if (json == nullptr) return;
    if (!json->is_array()) return fail(key, "a list of names");
    for (const auto& entry : *json) {
      if (!entry.is_string()) return fail(key, "a list of names");
      list.push_back(entry.get<std::string>());
    }
  }
  /// A list of names, or one regular expression.
  void readNames(std::string_view key, std::vector<std::string>& list, std::string& pattern) {
    const auto* json = find(key);
    if (json == nullptr || !json->is_string()) return read(key, list);
    pattern = json->get<std::string>();
    if (const auto readable = fitsWhole(pattern, ""); !readable) {
      say(fmt::format("{}: {}", key, readable.error().message));
    }
  }
  /// One value or a list of them.
  template <typename Value, typename Fits>
  void readOneOrMore(std::string_view key, std::vector<Value>& list, std::string_view wanted, Fits fits) {
    const auto* json = find(key);
    if (json == nullptr) return;
    for (const auto& entry : json->is_array() ? *json : Json::array({*json})) {
      if (!fits(entry)) return fail(key, wanted);
      list.push_back(entry.template get<Value>());
    }
  }
  template <typename Value, typename ReadOne>
  void readPattern(std::string_view key, std::vector<std::pair<std::string, Value>>& pattern, ReadOne readOne) {
    const auto* json = find(key);
    if (json == nullptr) return;
    if (!json->is_object()) return fail(key, "an object");
    for (const auto& [name, entry] : json->items()) {
      if (const auto readable = fitsEnd(name, ""); !readable) {
        return say(fmt::format("{}: {}", key, readable.error().message));
      }
      Value value{};
      readOne(key, entry, value);
      pattern.emplace_back(name, value);
    }
  }

  void fail(std::string_view key, std::string_view wanted) {
    say(fmt::format("{} is not {}: save the adapter again with PEFT", key, wanted));
  }
  void say(const std::string& reason) {
    if (!problem_) problem_ = Error{fmt::format("{}: {}.", source_, reason)};
  }
  [[nodiscard]] const std::optional<Error>& problem() const { return problem_; }

 private:
  const Json& json_;
  std::string source_;
  std::optional<Error> problem_;
};

void readKind(Reader& reader, PeftConfig& config) {
  std::string kind;
  reader.read("peft_type", kind);
  const auto* const found = std::ranges::find(kTypes, kind);
  if (found != kTypes.end()) {
    config.kind = static_cast<PeftKind>(found - kTypes.begin());
  } else {
    reader.say(kind.empty()
                   ? std::string("peft_type is missing, so this is no PEFT adapter: choose its folder")
                   : fmt::format("peft_type {} is not built: choose an adapter of type {}, or, if PEFT can merge this "
                                 "type, {}",
                                 base::inQuotes(kind), fmt::join(kTypes, ", "), kMergeWithPeft));
  }
}

/// Starts of LoRA that changed the base matrix by what the folder does not tell.
std::string whyNot(const std::string& init) {
  constexpr std::string_view kConvert =
      "save the adapter again where it was trained, with PEFT's save_pretrained and "
      "path_initial_model_for_weight_conversion (the untrained adapter, which PEFT's guide to this start has one save "
      "before training), which writes it as plain LoRA; without that untrained adapter, train it again";
  const auto shown = base::inQuotes(init);
  if (init.starts_with("pissa_niter_")) {
    return fmt::format(
        "init_lora_weights is {}: what it took out of the base model was found with random numbers, which the folder "
        "does not hold, so that PEFT itself gives another model each time it loads it: {}",
        shown, kConvert);
  }
  if (init.starts_with("corda") || init == "lora_ga") {
    return fmt::format(
        "init_lora_weights is {}: what it took out of the base model came from its training data, which the folder "
        "does not hold: {}",
        shown, kConvert);
  }
  if (init == "loftq") {
    return fmt::format(
        "init_lora_weights is {}: it was trained on a base model that PEFT rounds to few bits, which is not built: {}",
        shown, kMergeWithPeft);
  }
  return fmt::format(
      "init_lora_weights is {}, which PEFT 0.21.2 does not know: write true if it left the base model as it was, or, "
      "with the release that wrote it, {}",
      shown, kMergeWithPeft);
}

/// init_lora_weights: how PEFT starts the factors, and what it takes out of the base matrix for it, each time that it
/// loads the adapter. What it takes out must follow from the folder and the base alone.
void readInit(Reader& reader, PeftConfig& config) {
  const auto* json = reader.find("init_lora_weights");
  if (json == nullptr || json->is_boolean()) return;
  if (!json->is_string()) return reader.fail("init_lora_weights", "true, false or a text");
  const auto name = json->get<std::string>();
  const auto any = base::lowered(name);
  // The product of these starts is zero, or they leave the base matrix as it is.
  for (const std::string_view plain : {"gaussian", "eva", "orthogonal", "mica"}) {
    if (any == plain) return;
  }
  if (name == "pissa") {
    config.init = LoraInit::Pissa;
  } else if (any == "olora") {
    config.init = LoraInit::Olora;
  } else {
    reader.say(whyNot(name));
  }
}

/// One list, for the table of the inputs, or a list for each table.
void readTokenRows(Reader& reader, PeftConfig& config) {
  constexpr const char* kKey = "trainable_token_indices";
  const auto* json = reader.find(kKey);
  if (json == nullptr) return;
  const Json tables = json->is_object() ? *json : Json{{"", *json}};
  for (const auto& [table, list] : tables.items()) {
    auto& rows = config.tokenRows.emplace_back(table, std::vector<std::int64_t>()).second;
    const auto isId = [](const Json& id) { return id.is_number_integer() && id >= 0 && id <= kLargestCount; };
    if (!list.is_array() || !std::ranges::all_of(list, isId)) return reader.fail(kKey, "a list of token ids");
    for (const auto& id : list) rows.push_back(id.get<std::int64_t>());
    auto sorted = rows;
    std::ranges::sort(sorted);
    if (std::ranges::adjacent_find(sorted) != sorted.end()) return reader.fail(kKey, "a list of different token ids");
  }
}

void readLora(Reader& reader, PeftConfig& config) {
  readTokenRows(reader, config);
  reader.readCount("r", config.rank);
  if (const auto* alpha = reader.find("lora_alpha")) reader.readAlpha("lora_alpha", *alpha, config.alpha);
  reader.read("use_rslora", config.rslora);
  reader.read("use_dora", config.dora);
  reader.read("bias", config.bias);
  if (config.bias != "none" && config.bias != "all" && config.bias != "lora_only") {
    reader.fail("bias", "none, all or lora_only");
  }
  reader.readPattern("rank_pattern", config.rankPattern,
                     [&](auto key, const auto& entry, auto& value) { reader.readCount(key, entry, value); });
  reader.readPattern("alpha_pattern", config.alphaPattern,
                     [&](auto key, const auto& entry, auto& value) { reader.readAlpha(key, entry, value); });
  readInit(reader, config);
  reader.read("ensure_weight_tying", config.tieModulesToSave);
  reader.readOneOrMore("layers_to_transform", config.layersToTransform, "a whole number, or a list of them",
                       [](const Json& entry) { return entry.is_number_integer(); });
  reader.readOneOrMore("layers_pattern", config.layersPattern, "a name, or a list of them",
                       [](const Json& entry) { return entry.is_string() && !entry.get<std::string>().empty(); });
  for (const auto& pattern : config.layersPattern) {
    if (const auto readable = layerIndex(pattern, ""); !readable) {
      reader.say(fmt::format("layers_pattern: {}", readable.error().message));
    }
  }
}

void readVirtual(Reader& reader, PeftConfig& config) {
  if (reader.find("num_virtual_tokens") == nullptr) reader.fail("num_virtual_tokens", "there");
  reader.readCount("num_virtual_tokens", config.virtualTokens);
  reader.readCount("num_layers", config.layers);
  reader.readCount("num_attention_heads", config.heads);
  reader.readCount("token_dim", config.width);
}

/// PEFT 0.21's defaults, those that matter for nothing here included.
Json newFile(PeftKind kind) {
  auto json = Json::parse(R"({"auto_mapping": null, "base_model_name_or_path": null, "inference_mode": true,
    "modules_to_save": null, "peft_version": "0.21.2", "revision": null, "task_type": null})");
  json["peft_type"] = peftType(kind);
  if (isVirtual(kind)) {
    json.update(Json::parse(R"({"num_attention_heads": null, "num_layers": null, "num_transformer_submodules": 1,
      "num_virtual_tokens": null, "token_dim": null})"));
  } else {
    json.update(Json::parse(R"({"exclude_modules": null, "fan_in_fan_out": false, "target_modules": []})"));
  }
  if (kind == PeftKind::Prompt) {
    json.update(Json::parse(R"({"prompt_tuning_init": "RANDOM", "prompt_tuning_init_text": null,
      "tokenizer_kwargs": null, "tokenizer_name_or_path": null})"));
  } else if (kind == PeftKind::Prefix) {
    json.update(Json::parse(R"({"encoder_hidden_size": null, "init_weights": null, "prefix_projection": false})"));
  } else if (kind == PeftKind::Ia3) {
    json.update(Json::parse(R"({"feedforward_modules": [], "init_ia3_weights": true})"));
  } else {
    json.update(Json::parse(R"({"alora_invocation_tokens": null, "alpha_pattern": {}, "arrow_config": null,
      "bias": "none", "corda_config": null, "ensure_weight_tying": false, "eva_config": null,
      "init_lora_weights": true, "kasa_config": null, "layer_replication": null, "layers_pattern": null,
      "layers_to_transform": null, "loftq_config": {}, "lora_alpha": 8, "lora_bias": false, "lora_dropout": 0.0,
      "lora_ga_config": null, "megatron_config": null, "megatron_core": "megatron.core", "monteclora_config": null,
      "qalora_group_size": 16, "r": 8, "rank_pattern": {}, "target_parameters": null,
      "trainable_token_indices": null, "use_bdlora": null, "use_dora": false, "use_qalora": false,
      "use_rslora": false, "velora_config": null})"));
  }
  return json;
}

/// Whole numbers without ".0", as PEFT users write alpha.
Json number(double value) {
  const auto whole = static_cast<std::int64_t>(std::clamp(value, -1e15, 1e15));
  return static_cast<double>(whole) == value ? Json(whole) : Json(value);
}

Json textOrNull(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}
Json listOrNull(const std::vector<std::string>& list) {
  return list.empty() ? Json() : Json(list);
}

Json countOrNull(std::int64_t count) {
  return count == 0 ? Json() : Json(count);
}

}  // namespace

std::string_view peftType(PeftKind kind) {
  return kTypes[static_cast<std::size_t>(kind)];
}

void PeftConfig::saveModule(const std::string& module) {
  const bool named = std::ranges::any_of(
      modulesToSave, [&](const auto& name) { return module == name || module.starts_with(name + "."); });
  if (!named) modulesToSave.push_back(module);
}

bool PeftConfig::savesModule(std::string_view module) const {
  return std::ranges::any_of(modulesToSave, [&](const auto& name) { return module.ends_with(name); });
}

Expected<bool> PeftConfig::excludes(std::string_view module) const {
  if (!excludePattern.empty()) return of("exclude_modules", fitsWhole(excludePattern, module));
  return std::ranges::any_of(excludeModules, [&](const auto& name) { return endsAtDot(module, name); });
}

Expected<bool> PeftConfig::transformsLayerOf(std::string_view module) const {
  if (layersToTransform.empty()) return true;
  const auto patterns = layersPattern.empty() ? std::vector<std::string>{""} : layersPattern;
  for (const auto& pattern : patterns) {
    ROSA_TRY(const auto index, of("layers_pattern", layerIndex(pattern, module)));
    if (index >= 0) return std::ranges::find(layersToTransform, index) != layersToTransform.end();
  }
  return false;
}

Expected<bool> PeftConfig::targets(std::string_view module) const {
  ROSA_TRY(const bool excluded, excludes(module));
  if (excluded) return false;
  if (!targetPattern.empty()) {
    if (base::lowered(targetPattern) == "all-linear") return true;
    return of("target_modules", fitsWhole(targetPattern, module));
  }
  if (targetModules.empty() || std::ranges::find(targetModules, module) != targetModules.end()) return true;
  if (std::ranges::none_of(targetModules, [&](const auto& name) { return endsAtDot(module, name); })) return false;
  return transformsLayerOf(module);
}

const std::vector<std::int64_t>* PeftConfig::rowsOf(std::string_view module) const {
  for (const auto& [table, rows] : tokenRows) {
    if (module.ends_with(table)) return &rows;
  }
  return nullptr;
}

Expected<std::int64_t> PeftConfig::rankOf(std::string_view module) const {
  ROSA_TRY(const auto* found, find("rank_pattern", rankPattern, module));
  return found != nullptr ? *found : rank;
}

Expected<bool> PeftConfig::canHaveRank(std::string_view module, std::int64_t asked) const {
  bool any = false;
  for (const auto& [pattern, value] : rankPattern) {
    ROSA_TRY(const bool fits, of("rank_pattern", fitsEnd(pattern, module)));
    if (fits && value == asked) return true;
    any = any || fits;
  }
  return !any && asked == rank;
}

Expected<double> PeftConfig::scaleOf(std::string_view module, std::int64_t ofRank) const {
  ROSA_TRY(const auto* found, find("alpha_pattern", alphaPattern, module));
  const auto r = static_cast<double>(ofRank);
  return (found != nullptr ? *found : alpha) / (rslora ? std::sqrt(r) : r);
}

Expected<PeftConfig> parsePeftConfig(const Json& json, std::string_view source) {
  if (!json.is_object()) {
    return Error{fmt::format("{} holds no object. Choose the folder of a PEFT adapter.", source)};
  }
  PeftConfig config;
  Reader reader(json, source);
  readKind(reader, config);
  reader.read("base_model_name_or_path", config.baseModel);
  reader.read("task_type", config.taskType);
  reader.read("fan_in_fan_out", config.fanInFanOut);
  reader.read("modules_to_save", config.modulesToSave);
  reader.readNames("target_modules", config.targetModules, config.targetPattern);
  reader.readNames("exclude_modules", config.excludeModules, config.excludePattern);
  if (isVirtual(config.kind)) {
    readVirtual(reader, config);
  } else if (config.kind == PeftKind::Ia3) {
    if (const auto* modules = reader.find("feedforward_modules"); modules != nullptr && modules->is_array()) {
      reader.read("feedforward_modules", config.feedforwardModules);
    }
  } else {
    readLora(reader, config);
  }
  if (const auto refused = refusedKey(json, config.kind)) reader.say(*refused);
  if (reader.problem()) return *reader.problem();
  config.file = json;
  return config;
}

std::string formatPeftConfig(const PeftConfig& config) {
  auto json = config.file.empty() ? newFile(config.kind) : config.file;
  // A value that says the same in other words stays as it was read.
  const auto set = [&json](const char* key, const Json& value) {
    const auto found = json.find(key);
    const bool absent = found == json.end() && isOff(value);
    const bool same = found != json.end() && (*found == value || (isOff(*found) && isOff(value)));
    if (!absent && !same) json[key] = value;
  };
  set("base_model_name_or_path", textOrNull(config.baseModel));
  set("task_type", textOrNull(config.taskType));
  set("fan_in_fan_out", config.fanInFanOut);
  set("modules_to_save", listOrNull(config.modulesToSave));
  set("target_modules", config.targetPattern.empty() ? Json(config.targetModules) : Json(config.targetPattern));
  if (isVirtual(config.kind)) {
    set("num_virtual_tokens", config.virtualTokens);
    set("num_layers", countOrNull(config.layers));
    set("num_attention_heads", countOrNull(config.heads));
    set("token_dim", countOrNull(config.width));
    // Of the projection, which is not built; PEFT fills it in all the same.
    if (config.file.empty() && config.kind == PeftKind::Prefix) json["encoder_hidden_size"] = countOrNull(config.width);
  } else if (config.kind == PeftKind::Ia3) {
    if (config.file.empty() || !config.feedforwardModules.empty()) {
      set("feedforward_modules", Json(config.feedforwardModules));
    }
  } else {
    const auto object = [](const auto& pattern, auto value) {
      Json made = Json::object();
      for (const auto& [name, one] : pattern) made[name] = value(one);
      return made;
    };
    set("r", config.rank);
    set("lora_alpha", number(config.alpha));
    set("use_rslora", config.rslora);
    set("use_dora", config.dora);
    set("bias", config.bias);
    Json rows = Json::object();
    for (const auto& [table, ids] : config.tokenRows) rows[table] = ids;
    if (config.file.empty() && !rows.empty()) json["trainable_token_indices"] = rows;
    set("rank_pattern", object(config.rankPattern, [](auto rank) { return Json(rank); }));
    set("alpha_pattern", object(config.alphaPattern, number));
  }
  // nlohmann's plain kind keeps its keys sorted, as PEFT does.
  return nlohmann::json(json).dump(2, ' ', true);
}

}  // namespace rosa::checkpoint
