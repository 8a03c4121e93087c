// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/gguf_vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "convert/pre_tokenizer_name.h"
#include "convert/token_kind.h"
#include "text/built_tokenizer.h"
#include "text/chat_template.h"
#include "text/json_fields.h"
#include "text/unicode.h"

namespace rosa::convert {
namespace {

using base::Json;
using text::member;
using text::Role;

Error cannot(std::string_view reason) {
  return Error{
      fmt::format("The tokenizer cannot be written as GGUF: {}. Export the model as a folder (--as merged).", reason)};
}

/// tokenizer.json as the folder's class reads it.
Expected<Json> readBuilt(const std::filesystem::path& folder) {
  constexpr base::JsonLimits kLimits{.bytes = std::uint64_t{64} << 20, .depth = 64};
  ROSA_TRY(auto json, base::readJsonFile(base::FileSystem::real(), folder / "tokenizer.json", kLimits));
  ROSA_TRY(const auto settings, text::readTokenizerSettings(folder, json));
  std::array<std::string, text::kRoles> contents;
  for (std::size_t role = 0; role < text::kRoles; ++role) {
    if (settings.roles[role]) contents[role] = settings.roles[role]->content;
  }
  return text::buildAs(settings.tokenizerClass.kind, std::move(json), settings.config, contents).json;
}

/// Both spellings of a merge: "a b" and ["a", "b"].
std::optional<std::pair<std::string, std::string>> mergeOf(const Json& entry) {
  if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
    return std::pair(entry[0].get<std::string>(), entry[1].get<std::string>());
  }
  if (!entry.is_string()) return std::nullopt;
  const auto text = entry.get<std::string>();
  const auto blank = text.find(' ');
  if (blank == std::string::npos) return std::nullopt;
  return std::pair(text.substr(0, blank), text.substr(blank + 1));
}

/// A pair as one text, with a byte between that no token has.
std::string pairKey(std::string_view left, std::string_view right) {
  std::string key;
  key.reserve(left.size() + right.size() + 1);
  key.append(left).push_back('\0');
  return key.append(right);
}

class VocabularyWriter {
 public:
  VocabularyWriter(Json json, const text::Tokenizer& tokenizer, const model::ModelConfig& config,
                   gguf::Metadata& metadata, std::vector<std::string>& remarks)
      : json_(std::move(json)),
        model_(member(json_, "model")),
        tokenizer_(tokenizer),
        config_(config),
        metadata_(metadata),
        remarks_(remarks) {}

  Status write() {
    if (text::textOr(model_, "type", "BPE") != "BPE") {
      return cannot(fmt::format("its model is {}, and BPE alone is written", text::textOr(model_, "type", "")));
    }
    ROSA_CHECK(readMerges());
    pieces_ = text::truthOr(model_, "byte_fallback", false) || usesBlanks();
    readTokens();
    ROSA_CHECK(pieces_ ? writePieces() : writeBytes());
    writeRoles();
    return {};
  }

 private:
  /// Whether blanks are written as SentencePiece writes them.
  [[nodiscard]] bool usesBlanks() const {
    return member(json_, "pre_tokenizer").dump().find("Metaspace") != std::string::npos ||
           member(json_, "normalizer").dump().find(kPieceBlank) != std::string::npos;
  }

  Status readMerges() {
    for (const auto& entry : member(model_, "merges")) {
      auto merge = mergeOf(entry);
      if (!merge) return cannot("an entry of its merges is no pair");
      merges_.push_back(std::move(*merge));
    }
    return {};
  }

  void readTokens() {
    const auto rows = static_cast<std::size_t>(config_.vocabularySize);
    tokens_.resize(rows);
    kinds_.assign(rows, static_cast<std::int32_t>(TokenKind::Unused));
    const auto put = [&](std::int64_t id, std::string content, TokenKind kind) {
      if (id < 0 || id >= config_.vocabularySize) return;
      tokens_[static_cast<std::size_t>(id)] = std::move(content);
      kinds_[static_cast<std::size_t>(id)] = static_cast<std::int32_t>(kind);
    };
    const auto isByte = [](std::string_view token) {
      return token.size() == 6 && token.starts_with("<0x") && token.ends_with('>');
    };
    for (const auto& [token, id] : member(model_, "vocab").items()) {
      if (!id.is_number_integer()) continue;
      put(id.get<std::int64_t>(), token, pieces_ && isByte(token) ? TokenKind::Byte : TokenKind::Normal);
      own_.insert(token);
    }
    // Added ones, also those that other files name.
    std::unordered_map<std::int64_t, std::string> contents;
    for (const auto& entry : member(json_, "added_tokens")) {
      if (const auto& id = member(entry, "id"); id.is_number_integer()) {
        contents[id.get<std::int64_t>()] = text::textOr(entry, "content", "");
      }
    }
    for (std::int64_t id = 0; id < config_.vocabularySize; ++id) {
      const auto narrow = static_cast<std::int32_t>(id);
      const auto* shown = tokenizer_.tokenText(narrow);
      const auto added = contents.find(id);
      if (added != contents.end() ||
          (shown != nullptr && kinds_[static_cast<std::size_t>(id)] == static_cast<std::int32_t>(TokenKind::Unused))) {
        auto content = added != contents.end() ? added->second : *shown;
        const bool special = tokenizer_.isSpecial(narrow);
        if (!special) content = withBlanks(content);
        put(id, std::move(content), special ? TokenKind::Control : TokenKind::UserDefined);
      } else if (shown != nullptr && tokenizer_.isSpecial(narrow)) {
        put(id, tokens_[static_cast<std::size_t>(id)], TokenKind::Control);
      } else if (shown == nullptr) {
        put(id, fmt::format("[PAD{}]", id), TokenKind::Unused);
      }
    }
    if (pieces_) {
      auto unknown = tokenizer_.find(text::textOr(model_, "unk_token", ""));
      if (!unknown) unknown = tokenizer_.roleId(Role::Unknown);
      if (unknown) kinds_[static_cast<std::size_t>(*unknown)] = static_cast<std::int32_t>(TokenKind::Unknown);
    }
  }

  /// Tokens that are looked for in the text have plain blanks in llama.cpp.
  static std::string withBlanks(std::string_view content) {
    std::string plain;
    for (std::size_t at = 0; at < content.size();) {
      const bool blank = content.substr(at).starts_with(kPieceBlank);
      plain.push_back(blank ? ' ' : content[at]);
      at += blank ? kPieceBlank.size() : 1;
    }
    return plain;
  }

  Status writeBytes() {
    for (const char* part : {"continuing_subword_prefix", "end_of_word_suffix"}) {
      if (!text::textOr(model_, part, "").empty()) return cannot(fmt::format("its model has a {}", part));
    }
    const auto& cutter = member(json_, "pre_tokenizer");
    if (cutter.dump().find("\"add_prefix_space\":true") != std::string::npos) {
      return cannot("it puts a blank before every text, which llama.cpp does not do here");
    }
    ROSA_TRY(const auto name, preTokenizerName(cutter, text::truthOr(model_, "ignore_merges", false)));
    if (!name) return cannot("llama.cpp knows no pre-tokenizer that cuts texts as this one does");
    const auto& normalizer = member(json_, "normalizer");
    if (!normalizer.is_null()) {
      if (text::textOr(normalizer, "type", "") != "NFC") {
        return cannot(
            fmt::format("its normalizer ({}) has no place in the file", text::textOr(normalizer, "type", "unnamed")));
      }
      remarks_.emplace_back(
          "llama.cpp does not compose characters (NFC) as this tokenizer does: texts with separate accents are cut "
          "otherwise there.");
    }
    metadata_.set("tokenizer.ggml.model", std::string("gpt2"));
    metadata_.set("tokenizer.ggml.pre", *name);
    metadata_.set("tokenizer.ggml.tokens", gguf::Array{tokens_});
    metadata_.set("tokenizer.ggml.token_type", gguf::Array{kinds_});
    std::vector<std::string> merges;
    merges.reserve(merges_.size());
    for (const auto& [left, right] : merges_) merges.push_back(fmt::format("{} {}", left, right));
    if (!merges.empty()) metadata_.set("tokenizer.ggml.merges", gguf::Array{std::move(merges)});
    return {};
  }

  Status writePieces() {
    metadata_.set("tokenizer.ggml.model", std::string("llama"));
    metadata_.set("tokenizer.ggml.pre", std::string("default"));
    metadata_.set("tokenizer.ggml.tokens", gguf::Array{tokens_});
    ROSA_CHECK(checkBytes());
    ROSA_CHECK(checkSplits());
    metadata_.set("tokenizer.ggml.scores", gguf::Array{scores()});
    metadata_.set("tokenizer.ggml.token_type", gguf::Array{kinds_});
    return {};
  }

  /// A letter without a token is parted into its bytes; llama.cpp ends the program where a byte has none.
  [[nodiscard]] Status checkBytes() const {
    std::unordered_set<std::string_view> tokens;
    for (std::size_t id = 0; id < tokens_.size(); ++id) {
      if (kinds_[id] != static_cast<std::int32_t>(TokenKind::Unused)) tokens.insert(tokens_[id]);
    }
    constexpr unsigned kBytes = 256;
    for (unsigned byte = 0; byte < kBytes; ++byte) {
      if (tokens.contains(fmt::format("<0x{:02X}>", byte)) ||
          tokens.contains(std::string(1, static_cast<char>(byte)))) {
        continue;
      }
      return cannot(fmt::format(
          "it has no token for byte {:02X}, and llama.cpp ends at the first letter for which it has no token", byte));
    }
    return {};
  }

  /// llama.cpp joins any two neighbours that together are a token, the highest score first; so every such pair must be
  /// among the merges.
  [[nodiscard]] Status checkSplits() const {
    std::unordered_set<std::string> pairs;
    for (const auto& [left, right] : merges_) pairs.insert(pairKey(left, right));
    std::int64_t missing = 0;
    std::string example;
    for (std::size_t id = 0; id < tokens_.size(); ++id) {
      if (kinds_[id] != static_cast<std::int32_t>(TokenKind::Normal)) continue;
      const auto& token = tokens_[id];
      for (std::size_t cut = 1; cut < token.size(); ++cut) {
        if ((static_cast<unsigned char>(token[cut]) & 0xC0U) == 0x80U) continue;
        auto left = token.substr(0, cut);
        auto right = token.substr(cut);
        if (!own_.contains(left) || !own_.contains(right) || pairs.contains(pairKey(left, right))) continue;
        ++missing;
        if (example.empty()) example = fmt::format("{} {}", left, right);
      }
    }
    if (missing == 0) return {};
    return cannot(fmt::format("llama.cpp would join {} pairs that its merges do not have, such as {}", missing,
                              base::inQuotes(example)));
  }

  /// The earlier a token's first merge, the higher its score. Where ids follow the merges, as SentencePiece numbers its
  /// pieces, scores follow the ids.
  [[nodiscard]] std::vector<float> scores() const {
    std::unordered_map<std::string, std::int64_t> ranks;
    for (std::size_t rank = 0; rank < merges_.size(); ++rank) {
      ranks.emplace(fmt::format("{}{}", merges_[rank].first, merges_[rank].second), static_cast<std::int64_t>(rank));
    }
    constexpr auto kNever = std::numeric_limits<std::int64_t>::max();
    std::vector<std::int64_t> order(tokens_.size(), kNever);
    std::int64_t first = -1, last = -1;
    bool byId = true;
    for (std::size_t id = 0; id < tokens_.size(); ++id) {
      if (kinds_[id] != static_cast<std::int32_t>(TokenKind::Normal)) continue;
      if (first < 0) first = static_cast<std::int64_t>(id);
      const auto found = ranks.find(tokens_[id]);
      if (found == ranks.end()) continue;
      order[id] = found->second;
      byId = byId && found->second > last;
      last = found->second;
    }
    std::vector<float> result(tokens_.size(), 0);
    for (std::size_t id = 0; id < tokens_.size(); ++id) {
      if (kinds_[id] == static_cast<std::int32_t>(TokenKind::Unused)) result[id] = -10000;
      if (kinds_[id] != static_cast<std::int32_t>(TokenKind::Normal)) continue;
      const auto rank = byId                  ? static_cast<std::int64_t>(id) - first
                        : order[id] == kNever ? static_cast<std::int64_t>(merges_.size())
                                              : order[id];
      result[id] = -static_cast<float>(rank);
    }
    return result;
  }

  void writeRoles() {
    const auto put = [&](const char* key, std::optional<std::int64_t> id) {
      if (id && *id >= 0 && *id < config_.vocabularySize) {
        metadata_.set(fmt::format("tokenizer.ggml.{}_token_id", key), static_cast<std::uint32_t>(*id));
      }
    };
    const auto role = [&](Role which) -> std::optional<std::int64_t> { return tokenizer_.roleId(which); };
    std::vector<std::int64_t> ends;
    if (const auto end = role(Role::End)) ends.push_back(*end);
    for (const auto id : config_.eosIds) {
      if (std::ranges::find(ends, id) == ends.end()) ends.push_back(id);
    }
    put("bos", role(Role::Begin) ? role(Role::Begin) : config_.bosId);
    if (!ends.empty()) put("eos", ends[0]);
    // llama.cpp has three places for tokens that end a text.
    if (ends.size() > 1) put("eot", ends[1]);
    if (ends.size() > 2) put("eom", ends[2]);
    if (ends.size() > 3) {
      remarks_.push_back(
          fmt::format("The model names {} tokens that end a text; a GGUF file holds three of them.", ends.size()));
    }
    put("unknown", role(Role::Unknown));
    put("seperator", role(Role::Separator));  // so spelled in the format
    put("padding", role(Role::Pad) ? role(Role::Pad) : config_.padId);
    put("mask", role(Role::Mask));
    metadata_.set("tokenizer.ggml.add_bos_token", tokenizer_.framingToken(Role::Begin).has_value());
    metadata_.set("tokenizer.ggml.add_eos_token", tokenizer_.framingToken(Role::End).has_value());
    if (!pieces_) return;
    metadata_.set("tokenizer.ggml.add_space_prefix", addsBlank());
    if (addsBlank() && idsOf(" x") == idsOf("x")) {
      remarks_.emplace_back(
          "llama.cpp puts a blank before every text; this tokenizer puts none before a text that begins with one.");
    }
  }

  /// Whether a text begins with a blank of its own.
  [[nodiscard]] bool addsBlank() const { return !firstToken("x").starts_with("x"); }

  [[nodiscard]] std::vector<std::int32_t> idsOf(std::string_view text) const {
    std::vector<std::int32_t> ids;
    for (const auto& token : tokenizer_.encode(text, false).tokens) ids.push_back(token.id);
    return ids;
  }

  /// The first token of a text.
  [[nodiscard]] std::string firstToken(std::string_view text) const {
    const auto encoding = tokenizer_.encode(text, false);
    if (encoding.tokens.empty()) return {};
    const auto* token = tokenizer_.tokenText(encoding.tokens.front().id);
    return token == nullptr ? std::string() : *token;
  }

  Json json_;
  const Json& model_;
  const text::Tokenizer& tokenizer_;
  const model::ModelConfig& config_;
  gguf::Metadata& metadata_;
  std::vector<std::string>& remarks_;
  bool pieces_ = false;  ///< SentencePiece's kind
  std::vector<std::string> tokens_;
  std::vector<std::int32_t> kinds_;
  std::unordered_set<std::string> own_;
  std::vector<std::pair<std::string, std::string>> merges_;
};

}  // namespace

Status setVocabulary(const std::filesystem::path& folder, const text::Tokenizer& tokenizer,
                     const model::ModelConfig& config, gguf::Metadata& metadata, std::vector<std::string>& remarks) {
  ROSA_TRY(auto json, readBuilt(folder));
  VocabularyWriter writer(std::move(json), tokenizer, config, metadata, remarks);
  ROSA_CHECK(writer.write());
  const auto& settings = tokenizer.settings();
  if (text::chatTemplatePlaces(folder, settings.config).empty()) return {};
  ROSA_TRY(const auto chat, text::ChatTemplate::open(folder, settings.config, text::specialTokens(settings)));
  metadata.set("tokenizer.chat_template", chat.source());
  return {};
}

}  // namespace rosa::convert
