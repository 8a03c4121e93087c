// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/built_tokenizer.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "text/json_fields.h"

namespace rosa::text {
namespace {

using base::Json;

constexpr const char* kMetaspace = "▁";

/// Two parts mean the same when they are equal with their usual values written out, and offsets left aside.
Json canonical(const Json& part) {
  if (part.is_array()) {
    Json list = Json::array();
    for (const auto& inner : part) list.push_back(canonical(inner));
    return list;
  }
  if (!part.is_object()) return part;
  for (const char* list : {"normalizers", "pretokenizers", "decoders"}) {
    const auto& inner = member(part, list);
    if (inner.is_array() && inner.size() == 1) return canonical(inner[0]);
  }
  // Sorted, so that the order of keys does not count.
  std::map<std::string, Json> keys;
  for (const auto& [key, value] : part.items()) keys[key] = canonical(value);
  const auto usual = [&keys](const char* key, Json value) { keys.try_emplace(key, std::move(value)); };
  const auto type = textOr(part, "type", "");
  if (type == "ByteLevel") {
    usual("add_prefix_space", true);
    usual("use_regex", true);
    keys.erase("trim_offsets");
  } else if (type == "BertNormalizer") {
    usual("clean_text", true);
    usual("handle_chinese_chars", true);
    usual("strip_accents", nullptr);
    usual("lowercase", true);
  } else if (type == "WordPiece") {
    usual("cleanup", true);
    usual("prefix", "##");
  } else if (type == "RobertaProcessing") {
    keys.erase("trim_offsets");
    keys.erase("add_prefix_space");
  } else if (type == "Metaspace") {
    keys.erase("str_rep");
    keys.erase("add_prefix_space");
    usual("split", true);
    usual("prepend_scheme", "always");
  } else if (type == "Strip") {
    usual("stop", 0U);
  } else if (type == "Split") {
    usual("invert", false);
    usual("behavior", "Isolated");
  }
  Json sorted = Json::object();
  for (auto& [key, value] : keys) sorted[key] = std::move(value);
  return sorted;
}

Json chain(const char* kind, Json parts) {
  return {{"type", "Sequence"}, {kind, std::move(parts)}};
}

Json byteLevel(bool prefixSpace, bool regex = true) {
  return {{"type", "ByteLevel"}, {"add_prefix_space", prefixSpace}, {"trim_offsets", true}, {"use_regex", regex}};
}

Json metaspace(const char* scheme, bool split = true) {
  return {{"type", "Metaspace"}, {"replacement", kMetaspace}, {"prepend_scheme", scheme}, {"split", split}};
}

Json replacement(const char* from, const char* to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

Json replacedMatches(const char* regex, const char* to) {
  return {{"type", "Replace"}, {"pattern", {{"Regex", regex}}}, {"content", to}};
}

Json splitByMatches(const char* regex) {
  return {{"type", "Split"}, {"pattern", {{"Regex", regex}}}, {"behavior", "Isolated"}, {"invert", false}};
}

/// One part of a frame: the first text, the second, or a special token, with its type.
struct Framed {
  std::string_view what;  ///< "$A", "$B" or a token
  unsigned type = 0;
};

/// Builds what a class has of its own into a tokenizer.json.
class Building {
 public:
  Building(BuiltTokenizer& built, const Json& config, const std::array<std::string, kRoles>& roles)
      : built_(built), config_(config), roles_(roles) {}

  void build(TokenizerClass kind);

 private:
  [[nodiscard]] const std::string& role(Role which) const { return roles_[static_cast<std::size_t>(which)]; }
  [[nodiscard]] bool says(const char* key, bool otherwise) const { return truthOr(config_, key, otherwise); }

  void replace(const char* part, Json by) {
    if (canonical(member(built_.json, part)) != canonical(by)) built_.parts.emplace_back(part);
    built_.json[part] = std::move(by);
  }
  /// How the model uses its vocabulary is the class's.
  void set(const char* key, const Json& value, const Json& usual) {
    auto& model = built_.json["model"];
    const auto& old = member(model, key);
    if ((old.is_null() ? usual : old) != value) built_.parts.push_back(std::string("model.") + key);
    model[key] = value;
  }
  void pairModel(bool fuseUnknown, bool byteFallback);
  void pieceModel(std::uint64_t unknown);

  [[nodiscard]] Json idOf(std::string_view token) const;
  [[nodiscard]] Json frame(const std::vector<Framed>& single, const std::vector<Framed>& pair) const;

  void bert();
  void byteLevelPairs(TokenizerClass kind);
  void qwen(bool marks);
  void llama();
  void gemma();
  void cohere();
  void sentencePieces(TokenizerClass kind);
  void debertaV2();
  [[nodiscard]] Json charsmap() const;

  BuiltTokenizer& built_;
  const Json& config_;
  const std::array<std::string, kRoles>& roles_;
};

void Building::pairModel(bool fuseUnknown, bool byteFallback) {
  auto& model = built_.json["model"];
  // Without byte fallback every byte has a token.
  model["unk_token"] = nullptr;
  model["fuse_unk"] = fuseUnknown;
  set("continuing_subword_prefix", "", "");
  set("end_of_word_suffix", "", "");
  set("byte_fallback", byteFallback, false);
  set("ignore_merges", false, false);
}

void Building::pieceModel(std::uint64_t unknown) {
  set("unk_id", unknown, unknown);
  set("byte_fallback", false, false);
}

/// An added token's id counts before the vocabulary's.
Json Building::idOf(std::string_view token) const {
  const auto& added = member(built_.json, "added_tokens");
  if (added.is_array()) {
    for (const auto& entry : added) {
      if (textOr(entry, "content", "") == token) return member(entry, "id");
    }
  }
  const auto& vocabulary = member(member(built_.json, "model"), "vocab");
  if (!vocabulary.is_array()) return member(vocabulary, token);
  const auto found = std::ranges::find_if(
      vocabulary, [token](const Json& piece) { return piece.is_array() && !piece.empty() && piece[0] == token; });
  return found == vocabulary.end() ? Json() : Json(static_cast<std::uint64_t>(found - vocabulary.begin()));
}

Json Building::frame(const std::vector<Framed>& single, const std::vector<Framed>& pair) const {
  Json specials = Json::object();
  const auto pieces = [&](const std::vector<Framed>& parts) {
    Json list = Json::array();
    for (const auto& [what, type] : parts) {
      if (what == "$A" || what == "$B") {
        list.push_back({{"Sequence", {{"id", what.substr(1)}, {"type_id", type}}}});
      } else {
        list.push_back({{"SpecialToken", {{"id", what}, {"type_id", type}}}});
        specials[std::string(what)] = {{"id", what}, {"ids", {idOf(what)}}, {"tokens", {what}}};
      }
    }
    return list;
  };
  auto one = pieces(single);
  auto two = pieces(pair);
  return {{"type", "TemplateProcessing"},
          {"single", std::move(one)},
          {"pair", std::move(two)},
          {"special_tokens", std::move(specials)}};
}

void Building::bert() {
  set("unk_token", role(Role::Unknown), "[UNK]");
  set("continuing_subword_prefix", "##", "##");
  set("max_input_chars_per_word", 100U, 100U);
  const auto& accents = member(config_, "strip_accents");
  replace("normalizer", {{"type", "BertNormalizer"},
                         {"clean_text", true},
                         {"handle_chinese_chars", says("tokenize_chinese_chars", true)},
                         {"strip_accents", accents.is_boolean() ? accents : Json()},
                         {"lowercase", says("do_lower_case", true)}});
  replace("pre_tokenizer", {{"type", "BertPreTokenizer"}});
  replace("decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}});
  const auto& cls = role(Role::Class);
  const auto& sep = role(Role::Separator);
  replace("post_processor", frame({{cls}, {"$A"}, {sep}}, {{cls}, {"$A"}, {sep}, {"$B", 1}, {sep, 1}}));
}

/// GPT-2 and what is built like it.
void Building::byteLevelPairs(TokenizerClass kind) {
  pairModel(false, false);
  const bool spaced = says("add_prefix_space", false);
  const bool neoX = kind == TokenizerClass::GptNeoX;
  replace("normalizer", neoX ? Json{{"type", "NFC"}} : Json());
  replace("pre_tokenizer", byteLevel(spaced));
  built_.json["decoder"] = byteLevel(true);
  const auto& cls = role(Role::Class);
  const auto& sep = role(Role::Separator);
  if (kind == TokenizerClass::Roberta) {
    replace("post_processor", {{"type", "RobertaProcessing"},
                               {"sep", {sep, idOf(sep)}},
                               {"cls", {cls, idOf(cls)}},
                               {"trim_offsets", says("trim_offsets", true)},
                               {"add_prefix_space", spaced}});
  } else if (kind == TokenizerClass::Deberta) {
    replace("post_processor", frame({{cls}, {"$A"}, {sep}}, {{cls}, {"$A"}, {sep}, {sep}, {"$B"}, {sep}}));
  } else if (neoX) {
    replace("post_processor", frame({{"$A"}}, {{"$A"}, {"$B", 1}}));
  }
}

/// Qwen 3.5 keeps marks with their letters.
void Building::qwen(bool marks) {
  pairModel(false, false);
  replace("normalizer", {{"type", "NFC"}});
  const char* regex =
      marks
          ? R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"
          : R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  replace("pre_tokenizer",
          chain("pretokenizers", {splitByMatches(regex), byteLevel(says("add_prefix_space", false), false)}));
  built_.json["decoder"] = byteLevel(true);
}

void Building::llama() {
  pairModel(true, true);
  const bool prepends = says("add_prefix_space", true);
  replace("normalizer", nullptr);
  replace("pre_tokenizer", metaspace(!prepends ? "never" : says("legacy", false) ? "always" : "first", false));
  Json decoders = {replacement(kMetaspace, " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}};
  if (prepends) decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1U}, {"stop", 0U}});
  replace("decoder", chain("decoders", std::move(decoders)));
}

void Building::gemma() {
  pairModel(true, true);
  const auto& unknown = role(Role::Unknown);
  built_.json["model"]["unk_token"] = idOf(unknown).is_null() ? Json() : Json(unknown);
  replace("normalizer", replacement(" ", kMetaspace));
  replace("pre_tokenizer",
          {{"type", "Split"}, {"pattern", {{"String", " "}}}, {"behavior", "MergedWithPrevious"}, {"invert", false}});
  replace("decoder", chain("decoders", {replacement(kMetaspace, " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}}));
}

void Building::cohere() {
  pairModel(false, false);
  replace("normalizer", {{"type", "NFC"}});
  replace("pre_tokenizer", chain("pretokenizers", {{{"type", "Digits"}, {"individual_digits", true}},
                                                   byteLevel(says("add_prefix_space", false))}));
  built_.json["decoder"] = byteLevel(true);
}

/// The file's own table of replacements, which these classes keep.
Json Building::charsmap() const {
  const auto& normalizer = member(built_.json, "normalizer");
  const auto& parts = member(normalizer, "normalizers");
  for (const auto& part : parts.is_array() ? parts : Json::array({normalizer})) {
    if (textOr(part, "type", "") == "Precompiled") return part;
  }
  return {};
}

/// T5, XLM-R and ALBERT.
void Building::sentencePieces(TokenizerClass kind) {
  const bool albert = kind == TokenizerClass::Albert;
  const bool t5 = kind == TokenizerClass::T5;
  pieceModel(albert ? 1 : t5 ? 2 : 3);
  auto normalizer = charsmap();
  if (albert) {
    Json parts = {replacement("``", "\""), replacement("''", "\"")};
    if (!says("keep_accents", false)) {
      parts.push_back({{"type", "NFKD"}});
      parts.push_back({{"type", "StripAccents"}});
    }
    if (says("do_lower_case", true)) parts.push_back({{"type", "Lowercase"}});
    if (!normalizer.is_null()) parts.push_back(std::move(normalizer));
    normalizer = chain("normalizers", std::move(parts));
  }
  replace("normalizer", std::move(normalizer));
  const char* scheme = t5 || says("add_prefix_space", true) ? "always" : "never";
  replace("pre_tokenizer", chain("pretokenizers", {{{"type", "WhitespaceSplit"}}, metaspace(scheme)}));
  replace("decoder", metaspace(scheme));
  const auto& end = role(Role::End);
  if (t5) {
    replace("post_processor", frame({{"$A"}, {end}}, {{"$A"}, {end}, {"$B"}, {end}}));
  } else if (!albert) {
    const auto& begin = role(Role::Begin);
    replace("post_processor", frame({{begin}, {"$A"}, {end}}, {{begin}, {"$A"}, {end}, {end}, {"$B"}, {end}}));
  } else if (member(built_.json, "post_processor").is_null()) {
    const auto& cls = role(Role::Class);
    const auto& sep = role(Role::Separator);
    replace("post_processor", frame({{cls}, {"$A"}, {sep}}, {{cls}, {"$A"}, {sep}, {"$B", 1}, {sep, 1}}));
  }
}

void Building::debertaV2() {
  const auto& vocabulary = member(member(built_.json, "model"), "vocab");
  const Json unknown = {role(Role::Unknown), 0.0};
  const auto found = std::ranges::find(vocabulary, unknown);
  const auto& given = member(config_, "unk_id");
  pieceModel(found != vocabulary.end()    ? static_cast<std::uint64_t>(found - vocabulary.begin())
             : given.is_number_unsigned() ? given.get<std::uint64_t>()
                                          : 1);
  Json normalizers = Json::array();
  if (says("do_lower_case", false)) normalizers.push_back({{"type", "Lowercase"}});
  normalizers.push_back(replacedMatches(R"(\s{2,}|[\n\r\t])", " "));
  normalizers.push_back({{"type", "NFC"}});
  normalizers.push_back({{"type", "Strip"}, {"strip_left", false}, {"strip_right", true}});
  replace("normalizer", chain("normalizers", std::move(normalizers)));
  Json cutters = Json::array();
  if (says("split_by_punct", false)) cutters.push_back({{"type", "Punctuation"}, {"behavior", "Isolated"}});
  const char* scheme = says("add_prefix_space", true) ? "always" : "first";
  cutters.push_back(metaspace(scheme));
  replace("pre_tokenizer", chain("pretokenizers", std::move(cutters)));
  replace("decoder", metaspace(scheme));
  const auto& cls = role(Role::Class);
  const auto& sep = role(Role::Separator);
  replace("post_processor", frame({{cls}, {"$A"}, {sep}}, {{cls}, {"$A"}, {sep}, {"$B", 1}, {sep, 1}}));
}

void Building::build(TokenizerClass kind) {
  switch (kind) {
    case TokenizerClass::FromFile:
      return;
    case TokenizerClass::Bert:
      return bert();
    case TokenizerClass::Gpt2:
    case TokenizerClass::Roberta:
    case TokenizerClass::Deberta:
    case TokenizerClass::GptNeoX:
      return byteLevelPairs(kind);
    case TokenizerClass::Qwen2:
    case TokenizerClass::Qwen35:
      return qwen(kind == TokenizerClass::Qwen35);
    case TokenizerClass::Llama:
      return llama();
    case TokenizerClass::Gemma:
      return gemma();
    case TokenizerClass::Cohere:
      return cohere();
    case TokenizerClass::Albert:
    case TokenizerClass::T5:
    case TokenizerClass::XlmRoberta:
      return sentencePieces(kind);
    case TokenizerClass::DebertaV2:
      return debertaV2();
  }
}

}  // namespace

BuiltTokenizer buildAs(TokenizerClass kind, Json tokenizerJson, const Json& tokenizerConfig,
                       const std::array<std::string, kRoles>& roles) {
  BuiltTokenizer built{std::move(tokenizerJson), {}};
  if (member(built.json, "model").is_object()) Building(built, tokenizerConfig, roles).build(kind);
  return built;
}

}  // namespace rosa::text
