// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/tokenizer_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "text/json_fields.h"

namespace rosa::text {
namespace {

namespace fs = std::filesystem;
using base::Json;

constexpr const char* kSettingsFile = "tokenizer_config.json";
constexpr const char* kMap = "special_tokens_map.json";
constexpr const char* kAdded = "added_tokens.json";
constexpr base::JsonLimits kLimits{.bytes = std::uint64_t{64} << 20, .depth = 64};

/// Null where there is no such file.
Expected<Json> readIfThere(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return Json();
  ROSA_TRY(auto json, base::readJsonFile(base::FileSystem::real(), path, kLimits));
  if (!json.is_object()) return Error{fmt::format("{} is not a JSON object. Fetch it again.", path.string())};
  return json;
}

/// A token is written as its text or as an object that holds it.
std::optional<std::string> tokenText(const Json& value) {
  const auto& content = value.is_object() ? member(value, "content") : value;
  return content.is_string() ? std::optional(content.get<std::string>()) : std::nullopt;
}

Expected<AddedTokens::Entry> entryOf(const Json& json, const std::string& place) {
  AddedTokens::Entry entry;
  ROSA_TRY(entry.content, textField(json, "content", place));
  ROSA_TRY(entry.singleWord, boolField(json, "single_word", false, place));
  ROSA_TRY(entry.leftStrip, boolField(json, "lstrip", false, place));
  ROSA_TRY(entry.rightStrip, boolField(json, "rstrip", false, place));
  ROSA_TRY(entry.special, boolField(json, "special", false, place));
  ROSA_TRY(entry.normalized, boolField(json, "normalized", !entry.special, place));
  return entry;
}

class Reading {
 public:
  Reading(const fs::path& folder, TokenizerSettings& settings) : folder_(folder), settings_(settings) {}

  Status read(const Json& tokenizerJson) {
    ROSA_TRY(settings_.config, readIfThere(folder_ / kSettingsFile));
    ROSA_TRY(const auto modelConfig, readIfThere(folder_ / "config.json"));
    settings_.tokenizerClass = chooseClass(tokenizerJson, settings_.config, modelConfig);
    auto& chosen = settings_.tokenizerClass;
    if (!fitsModel(chosen.kind, tokenizerJson)) {
      remark(fmt::format("tokenizer.json holds no model of the kind that {} builds: it is used as it stands.",
                         chosen.name));
      chosen = {};
    }
    if (!chosen.remark.empty()) remark(chosen.remark);
    const auto& decoder = member(settings_.config, "added_tokens_decoder");
    if (decoder.is_object()) {
      settings_.addedFrom = kSettingsFile;
      ROSA_CHECK(readDecoder(decoder));
      ROSA_CHECK(named(settings_.config, kSettingsFile));
      ROSA_CHECK(compareMap());
    } else {
      ROSA_CHECK(named(settings_.config, kSettingsFile));
      ROSA_TRY(const auto map, readIfThere(folder_ / kMap));
      ROSA_CHECK(named(map, kMap));
      ROSA_CHECK(readAdded());
    }
    addUsual();
    addSentinels(tokenizerJson);
    readRest();
    return {};
  }

 private:
  void remark(std::string text) { settings_.remarks.push_back(std::move(text)); }

  /// What a file names overrides what was named before.
  Status named(const Json& json, const char* source) {
    for (std::size_t role = 0; role < kRoles; ++role) {
      const auto& value = member(json, kRoleKeys[role]);
      const auto found = json.is_object() ? json.find(kRoleKeys[role]) : json.end();
      if (json.is_object() && found != json.end() && value.is_null()) silenced_[role] = true;
      const auto content = tokenText(value);
      if (!content) continue;
      ROSA_CHECK(describe(value, source));
      silenced_[role] = false;
      auto& token = settings_.roles[role];
      if (token && token->content != *content) {
        remark(fmt::format("{} names {} {}, {} {}: {} is used, as in transformers.", token->source, kRoleKeys[role],
                           base::inQuotes(token->content), source, base::inQuotes(*content), base::inQuotes(*content)));
      }
      token = NamedToken{*content, source, true};
    }
    ROSA_CHECK(addExtra(member(json, "extra_special_tokens"), source));
    // Which is the older name, and counts where the newer one lists nothing.
    if (!extraListed_) ROSA_CHECK(addExtra(member(json, "additional_special_tokens"), source));
    if (json.is_object()) addOwnRoles(json);
    return {};
  }

  Status addExtra(const Json& list, const char* source) {
    if (!list.is_array() && !list.is_object()) return {};
    for (const auto& value : list) {
      const auto content = tokenText(value);
      if (!content) continue;
      settings_.extraTokens.push_back(*content);
      ROSA_CHECK(describe(value, source));
    }
    extraListed_ = extraListed_ || (list.is_array() && !list.empty());
    return {};
  }

  /// A role that the model alone knows, such as image_token, makes a token special too.
  void addOwnRoles(const Json& json) {
    for (const auto& [key, value] : json.items()) {
      if (key.ends_with("_token") && value.is_string() && std::ranges::find(kRoleKeys, key) == std::end(kRoleKeys)) {
        settings_.extraTokens.push_back(value.get<std::string>());
      }
    }
  }

  /// Where a token stands as an object, how it is looked for in texts.
  Status describe(const Json& value, const char* source) {
    if (!value.is_object()) return {};
    ROSA_TRY(auto entry, entryOf(value, (folder_ / source).string()));
    settings_.described.push_back(std::move(entry));
    return {};
  }

  Status readDecoder(const Json& decoder) {
    for (const auto& [id, value] : decoder.items()) {
      ROSA_TRY(auto entry,
               entryOf(value, fmt::format("{}: added_tokens_decoder.{}", (folder_ / kSettingsFile).string(), id)));
      settings_.added.push_back(std::move(entry));
    }
    return {};
  }

  /// With added_tokens_decoder the map does not count.
  Status compareMap() {
    ROSA_TRY(const auto map, readIfThere(folder_ / kMap));
    for (std::size_t role = 0; role < kRoles; ++role) {
      const auto content = tokenText(member(map, kRoleKeys[role]));
      const auto& used = settings_.roles[role];
      if (!content || (used && used->content == *content)) continue;
      remark(
          fmt::format("{} names {} {}, which is not used: {} holds added_tokens_decoder and counts alone, as in "
                      "transformers.",
                      kMap, kRoleKeys[role], base::inQuotes(*content), kSettingsFile));
    }
    return {};
  }

  Status readAdded() {
    ROSA_TRY(const auto json, readIfThere(folder_ / kAdded));
    if (json.is_null()) return {};
    settings_.addedFrom = kAdded;
    std::vector<std::pair<std::int32_t, AddedTokens::Entry>> entries;
    for (const auto& [content, value] : json.items()) {
      AddedTokens::Entry entry;
      entry.content = content;
      ROSA_TRY(const auto id,
               tokenId(value, fmt::format("{}: {}", (folder_ / kAdded).string(), base::inQuotes(content))));
      entry.special = isSpecial(content);
      entry.normalized = !entry.special;
      entries.emplace_back(id, std::move(entry));
    }
    std::ranges::stable_sort(entries, {}, [](const auto& entry) { return entry.first; });
    for (auto& [id, entry] : entries) settings_.added.push_back(std::move(entry));
    return {};
  }

  [[nodiscard]] bool isSpecial(const std::string& content) const {
    return std::ranges::any_of(settings_.roles,
                               [&](const auto& token) { return token && token->content == content; }) ||
           std::ranges::find(settings_.extraTokens, content) != settings_.extraTokens.end();
  }

  void addUsual() {
    const auto usual = usualTokens(settings_.tokenizerClass.kind);
    for (std::size_t role = 0; role < kRoles; ++role) {
      if (settings_.roles[role] || silenced_[role] || usual[role].empty()) continue;
      settings_.roles[role] = NamedToken{std::string(usual[role]), settings_.tokenizerClass.name + "'s own", false};
    }
  }

  /// T5's class makes its sentinels special though nothing names them.
  void addSentinels(const Json& tokenizerJson) {
    if (settings_.tokenizerClass.kind != TokenizerClass::T5) return;
    const auto isSentinel = [](const std::string& text) { return text.starts_with("<extra_id_"); };
    if (std::ranges::any_of(settings_.extraTokens, isSentinel)) return;
    const auto add = [&](const Json& text) {
      if (!text.is_string() || !isSentinel(text.get_ref<const std::string&>())) return;
      const auto content = text.get<std::string>();
      if (std::ranges::find(settings_.extraTokens, content) == settings_.extraTokens.end())
        settings_.extraTokens.push_back(content);
    };
    for (const auto& entry : member(tokenizerJson, "added_tokens")) add(member(entry, "content"));
    for (const auto& piece : member(member(tokenizerJson, "model"), "vocab")) {
      if (piece.is_array() && !piece.empty()) add(piece[0]);
    }
  }

  void readRest() {
    const auto& config = settings_.config;
    settings_.givesTypes = givesTypes(settings_.tokenizerClass.kind);
    if (const auto& inputs = member(config, "model_input_names"); inputs.is_array()) {
      settings_.givesTypes = std::ranges::find(inputs, Json("token_type_ids")) != inputs.end();
    }
    if (const auto& longest = member(config, "model_max_length"); longest.is_number()) {
      settings_.longest = longest.get<double>();
    }
    if (const auto& split = member(config, "split_special_tokens"); split.is_boolean() && split.get<bool>()) {
      remark(
          fmt::format("{}: split_special_tokens is true, which is not done here: a special token's text in the data "
                      "is that token.",
                      kSettingsFile));
    }
    if (!member(config, "auto_map").is_null()) {
      remark(fmt::format("{}: auto_map names code of the model's own, which is never run.", kSettingsFile));
    }
  }

  const fs::path& folder_;
  TokenizerSettings& settings_;
  std::array<bool, kRoles> silenced_{};  ///< named as null
  bool extraListed_ = false;             ///< a list of special tokens without a role was there
};

}  // namespace

Expected<TokenizerSettings> readTokenizerSettings(const fs::path& folder, const Json& tokenizerJson) {
  TokenizerSettings settings;
  ROSA_CHECK(Reading(folder, settings).read(tokenizerJson));
  return settings;
}

std::vector<std::string> chatTemplatePlaces(const fs::path& folder, const Json& tokenizerConfig) {
  std::vector<std::string> places;
  std::error_code ignored;
  if (fs::exists(folder / "chat_template.jinja", ignored)) places.emplace_back("chat_template.jinja");
  std::vector<std::string> more;
  for (fs::directory_iterator it(folder / "additional_chat_templates", ignored), end; !ignored && it != end;
       it.increment(ignored)) {
    if (it->path().extension() == ".jinja") {
      more.push_back("additional_chat_templates/" + base::printable(it->path().filename().string()));
    }
  }
  std::ranges::sort(more);
  std::ranges::move(more, std::back_inserter(places));
  const auto& inConfig = member(tokenizerConfig, "chat_template");
  if (inConfig.is_string()) places.emplace_back(kSettingsFile);
  if (inConfig.is_array()) {
    std::string names;
    for (const auto& entry : inConfig) {
      if (const auto& name = member(entry, "name"); name.is_string()) {
        names += (names.empty() ? "" : ", ") + base::printable(name.get<std::string>());
      }
    }
    places.push_back(fmt::format("{} ({})", kSettingsFile, names));
  }
  if (fs::exists(folder / "chat_template.json", ignored)) places.emplace_back("chat_template.json");
  return places;
}

}  // namespace rosa::text
