// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/tokenizer_class.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.h"
#include "text/json_fields.h"

namespace rosa::text {
namespace {

using base::Json;

struct Named {
  std::string_view name;
  TokenizerClass kind;
};

/// The first of a kind is the name that it is shown by; the others build the same.
constexpr Named kClasses[] = {
    {"BertTokenizer", TokenizerClass::Bert},          {"ConvBertTokenizer", TokenizerClass::Bert},
    {"DistilBertTokenizer", TokenizerClass::Bert},    {"ElectraTokenizer", TokenizerClass::Bert},
    {"LayoutLMTokenizer", TokenizerClass::Bert},      {"LxmertTokenizer", TokenizerClass::Bert},
    {"MobileBertTokenizer", TokenizerClass::Bert},    {"SqueezeBertTokenizer", TokenizerClass::Bert},
    {"GPT2Tokenizer", TokenizerClass::Gpt2},          {"RobertaTokenizer", TokenizerClass::Roberta},
    {"BartTokenizer", TokenizerClass::Roberta},       {"LEDTokenizer", TokenizerClass::Roberta},
    {"LongformerTokenizer", TokenizerClass::Roberta}, {"MvpTokenizer", TokenizerClass::Roberta},
    {"LlamaTokenizer", TokenizerClass::Llama},        {"Qwen2Tokenizer", TokenizerClass::Qwen2}};
constexpr std::string_view kFileClasses[] = {"TokenizersBackend", "PreTrainedTokenizer", "PythonBackend"};

/// Of config.json's model_type. Llama has none of its own: what a folder does not name is read from the file.
constexpr Named kOfModels[] = {{"gpt2", TokenizerClass::Gpt2},
                               {"bert", TokenizerClass::Bert},
                               {"roberta", TokenizerClass::Roberta},
                               {"qwen2", TokenizerClass::Qwen2}};

std::string textOr(const Json& json, std::string_view key, std::string otherwise) {
  const auto& value = member(json, key);
  return value.is_string() ? value.get<std::string>() : std::move(otherwise);
}

bool truthOr(const Json& json, std::string_view key, bool otherwise) {
  const auto& value = member(json, key);
  return value.is_boolean() ? value.get<bool>() : otherwise;
}

/// Whether a part, or one inside it, is of the type.
bool holdsType(const Json& part, std::string_view type) {
  if (part.is_array()) {
    return std::ranges::any_of(part, [&](const Json& inner) { return holdsType(inner, type); });
  }
  if (!part.is_object()) return false;
  return textOr(part, "type", "") == type || holdsType(member(part, "pretokenizers"), type) ||
         holdsType(member(part, "decoders"), type);
}

std::string_view nameOf(TokenizerClass kind) {
  const auto* found = std::ranges::find(kClasses, kind, &Named::kind);
  return found == std::end(kClasses) ? "TokenizersBackend" : found->name;
}

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

/// The numbers that frame a text, whatever kind of processor says so.
Json frame(std::string_view first, std::string_view last, const Json& vocabulary, const Json& added) {
  const auto special = [&](std::string_view token) -> Json {
    Json id = member(vocabulary, token);
    if (added.is_array()) {
      for (const auto& entry : added) {
        if (textOr(entry, "content", "") == token) id = member(entry, "id");
      }
    }
    return {{"id", token}, {"ids", {id}}, {"tokens", {token}}};
  };
  const auto token = [](std::string_view text, unsigned type) -> Json {
    return {{"SpecialToken", {{"id", text}, {"type_id", type}}}};
  };
  const auto sequence = [](const char* which, unsigned type) -> Json {
    return {{"Sequence", {{"id", which}, {"type_id", type}}}};
  };
  Json specials = Json::object();
  specials[std::string(first)] = special(first);
  specials[std::string(last)] = special(last);
  return {{"type", "TemplateProcessing"},
          {"single", {token(first, 0), sequence("A", 0), token(last, 0)}},
          {"pair", {token(first, 0), sequence("A", 0), token(last, 0), sequence("B", 1), token(last, 1)}},
          {"special_tokens", specials}};
}

Json byteLevel(bool prefixSpace, bool regex = true) {
  return {{"type", "ByteLevel"}, {"add_prefix_space", prefixSpace}, {"trim_offsets", true}, {"use_regex", regex}};
}

}  // namespace

ChosenClass chooseClass(const Json& tokenizerJson, const Json& tokenizerConfig, const Json& modelConfig) {
  auto named = textOr(tokenizerConfig, "tokenizer_class", textOr(modelConfig, "tokenizer_class", ""));
  const auto written = named;
  if (named.ends_with("Fast")) named.resize(named.size() - 4);
  const auto modelType = textOr(modelConfig, "model_type", "");
  const auto* ofModel = std::ranges::find(kOfModels, std::string_view(modelType), &Named::name);
  ChosenClass chosen;
  const auto take = [&chosen](TokenizerClass kind) {
    chosen.kind = kind;
    chosen.name = nameOf(kind);
  };
  if (named.empty()) {
    if (ofModel != std::end(kOfModels)) take(ofModel->kind);
    return chosen;
  }
  const auto* known = std::ranges::find(kClasses, std::string_view(named), &Named::name);
  if (modelType == "qwen2" && named != "Qwen2Tokenizer") {
    take(TokenizerClass::Qwen2);
    chosen.remark =
        fmt::format("tokenizer_class is {}; Qwen2 models take Qwen2Tokenizer all the same, as in transformers.",
                    base::inQuotes(written));
  } else if (known != std::end(kClasses)) {
    take(known->kind);
    if (known->kind == TokenizerClass::Llama && (holdsType(member(tokenizerJson, "pre_tokenizer"), "ByteLevel") ||
                                                 holdsType(member(tokenizerJson, "decoder"), "ByteLevel"))) {
      chosen = {};  // Llama 3's files name a class that is not theirs
    }
  } else if (std::ranges::find(kFileClasses, named) == std::end(kFileClasses)) {
    chosen.remark = fmt::format("tokenizer_class {} is not known here: tokenizer.json is used as it stands.",
                                base::inQuotes(written));
  }
  return chosen;
}

bool fitsModel(TokenizerClass kind, const Json& tokenizerJson) {
  if (kind == TokenizerClass::FromFile) return true;
  const auto& model = member(tokenizerJson, "model");
  const auto type = textOr(model, "type", member(model, "merges").is_null() ? "WordPiece" : "BPE");
  return type == (kind == TokenizerClass::Bert ? "WordPiece" : "BPE");
}

std::array<std::string_view, kRoles> usualTokens(TokenizerClass kind) {
  switch (kind) {
    case TokenizerClass::FromFile:
      return {};
    case TokenizerClass::Bert:
      return {"", "", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"};
    case TokenizerClass::Gpt2:
      return {"<|endoftext|>", "<|endoftext|>", "<|endoftext|>", "", "", "", ""};
    case TokenizerClass::Roberta:
      return {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"};
    case TokenizerClass::Llama:
      return {"<s>", "</s>", "<unk>", "", "", "", ""};
    case TokenizerClass::Qwen2:
      return {"", "<|endoftext|>", "<|endoftext|>", "", "<|endoftext|>", "", ""};
  }
  return {};
}

bool givesTypes(TokenizerClass kind) {
  return kind == TokenizerClass::Bert;
}

BuiltTokenizer buildAs(TokenizerClass kind, Json tokenizerJson, const Json& tokenizerConfig,
                       const std::array<std::string, kRoles>& roles) {
  BuiltTokenizer built{std::move(tokenizerJson), {}};
  if (kind == TokenizerClass::FromFile || !member(built.json, "model").is_object()) return built;
  const auto replace = [&built](const char* part, Json by) {
    if (canonical(member(built.json, part)) != canonical(by)) built.parts.emplace_back(part);
    built.json[part] = std::move(by);
  };
  const auto role = [&roles](Role which) { return roles[static_cast<std::size_t>(which)]; };
  const auto prefixSpace = member(tokenizerConfig, "add_prefix_space");
  const bool spaced = prefixSpace.is_boolean() && prefixSpace.get<bool>();

  // The vocabulary and the merges are the file's; how the model uses them is the class's.
  auto& model = built.json["model"];
  const auto set = [&](const char* key, const Json& value, const Json& usual) {
    const auto& old = member(model, key);
    if ((old.is_null() ? usual : old) != value) built.parts.push_back(std::string("model.") + key);
    model[key] = value;
  };
  if (kind == TokenizerClass::Bert) {
    set("unk_token", role(Role::Unknown), "[UNK]");
    set("continuing_subword_prefix", "##", "##");
    set("max_input_chars_per_word", 100U, 100U);
  } else {
    const bool llama = kind == TokenizerClass::Llama;
    model["unk_token"] = nullptr;  // every byte has a token
    set("continuing_subword_prefix", "", "");
    set("end_of_word_suffix", "", "");
    model["fuse_unk"] = llama;
    set("byte_fallback", llama, false);
    set("ignore_merges", false, false);
  }

  switch (kind) {
    case TokenizerClass::FromFile:
      break;
    case TokenizerClass::Bert: {
      const auto& accents = member(tokenizerConfig, "strip_accents");
      replace("normalizer", {{"type", "BertNormalizer"},
                             {"clean_text", true},
                             {"handle_chinese_chars", truthOr(tokenizerConfig, "tokenize_chinese_chars", true)},
                             {"strip_accents", accents.is_boolean() ? accents : Json()},
                             {"lowercase", truthOr(tokenizerConfig, "do_lower_case", true)}});
      replace("pre_tokenizer", {{"type", "BertPreTokenizer"}});
      replace("decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}});
      replace("post_processor",
              frame(role(Role::Class), role(Role::Separator), member(member(built.json, "model"), "vocab"),
                    member(built.json, "added_tokens")));
      break;
    }
    case TokenizerClass::Roberta:
    case TokenizerClass::Gpt2:
      replace("normalizer", nullptr);
      replace("pre_tokenizer", byteLevel(spaced));
      built.json["decoder"] = byteLevel(true);
      if (kind == TokenizerClass::Roberta) {
        const auto framed = frame(role(Role::Class), role(Role::Separator),
                                  member(member(built.json, "model"), "vocab"), member(built.json, "added_tokens"));
        const auto pairOf = [&framed](const std::string& token) -> Json {
          return {token, member(member(framed, "special_tokens"), token)["ids"][0]};
        };
        replace("post_processor", {{"type", "RobertaProcessing"},
                                   {"sep", pairOf(role(Role::Separator))},
                                   {"cls", pairOf(role(Role::Class))},
                                   {"trim_offsets", truthOr(tokenizerConfig, "trim_offsets", true)},
                                   {"add_prefix_space", spaced}});
      }
      break;
    case TokenizerClass::Qwen2:
      replace("normalizer", {{"type", "NFC"}});
      replace(
          "pre_tokenizer",
          {{"type", "Sequence"},
           {"pretokenizers",
            {{{"type", "Split"},
              {"pattern",
               {{"Regex",
                 R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"}}},
              {"behavior", "Isolated"},
              {"invert", false}},
             byteLevel(spaced, false)}}});
      built.json["decoder"] = byteLevel(true);
      break;
    case TokenizerClass::Llama: {
      const bool prepends = !prefixSpace.is_boolean() || spaced;
      replace("normalizer", nullptr);
      replace("pre_tokenizer", {{"type", "Metaspace"},
                                {"replacement", "▁"},
                                {"prepend_scheme", !prepends                                   ? "never"
                                                   : truthOr(tokenizerConfig, "legacy", false) ? "always"
                                                                                               : "first"},
                                {"split", false}});
      Json decoders = {{{"type", "Replace"}, {"pattern", {{"String", "▁"}}}, {"content", " "}},
                       {{"type", "ByteFallback"}},
                       {{"type", "Fuse"}}};
      if (prepends) decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1U}, {"stop", 0U}});
      replace("decoder", {{"type", "Sequence"}, {"decoders", decoders}});
      break;
    }
  }
  return built;
}

}  // namespace rosa::text
