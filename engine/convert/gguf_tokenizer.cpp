// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/gguf_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "convert/pre_tokenizer_name.h"
#include "convert/token_kind.h"

namespace rosa::convert {
namespace {

using base::Json;

constexpr std::size_t kLongestPiece = 512;  // bytes; every way to part one is looked at

class VocabularyReader {
 public:
  explicit VocabularyReader(const gguf::GgufFile& file) : file_(file), metadata_(file.metadata()) {}

  Expected<FolderTexts> read() {
    ROSA_CHECK(readTokens());
    const auto* kind = metadata_.get<std::string>("tokenizer.ggml.model");
    if (kind == nullptr) return cannot("its key tokenizer.ggml.model is missing");
    texts_.tokenizer = {{"version", "1.0"}, {"truncation", nullptr}, {"padding", nullptr}};
    texts_.tokenizer["added_tokens"] = addedTokens();
    if (*kind == "gpt2") {
      ROSA_CHECK(makeBytes());
    } else if (*kind == "llama") {
      ROSA_CHECK(makePieces());
    } else {
      return cannot(fmt::format("its tokenizer is of the kind {}, and gpt2 and llama are read", base::inQuotes(*kind)));
    }
    makeSettings();
    return std::move(texts_);
  }

 private:
  [[nodiscard]] Error cannot(std::string_view reason) const {
    return Error{fmt::format("{}: {}. Ask for the model as a Hugging Face folder.",
                             base::printable(file_.path().native()), reason)};
  }

  Status readTokens() {
    const auto* tokens = metadata_.list<std::string>("tokenizer.ggml.tokens");
    if (tokens == nullptr) return cannot("its key tokenizer.ggml.tokens is missing");
    tokens_ = tokens;
    kinds_ = metadata_.list<std::int32_t>("tokenizer.ggml.token_type");
    if (kinds_ != nullptr && kinds_->size() != tokens_->size()) {
      return cannot("tokenizer.ggml.token_type has another length than tokenizer.ggml.tokens");
    }
    for (std::size_t id = 0; id < tokens_->size(); ++id) {
      if (kindOf(id) == TokenKind::Unused) continue;
      // Of two equal texts the first counts, as in llama.cpp.
      ids_.emplace((*tokens_)[id], static_cast<std::int64_t>(id));
    }
    return {};
  }

  [[nodiscard]] TokenKind kindOf(std::size_t id) const {
    return kinds_ == nullptr ? TokenKind::Normal : static_cast<TokenKind>((*kinds_)[id]);
  }

  [[nodiscard]] std::optional<std::size_t> tokenAt(std::string_view name) const {
    const auto* value = metadata_.find(fmt::format("tokenizer.ggml.{}_token_id", name));
    if (value == nullptr) return std::nullopt;
    const auto* id = std::get_if<std::uint32_t>(value);
    if (id == nullptr || *id >= tokens_->size()) return std::nullopt;
    return *id;
  }

  [[nodiscard]] bool truth(const char* key, bool otherwise) const {
    const auto* value = metadata_.get<bool>(key);
    return value == nullptr ? otherwise : *value;
  }

  /// Special ones, and those that are looked for in the text before anything else.
  [[nodiscard]] Json addedTokens() const {
    auto list = Json::array();
    for (std::size_t id = 0; id < tokens_->size(); ++id) {
      const auto kind = kindOf(id);
      const bool special = kind == TokenKind::Control || kind == TokenKind::Unknown;
      if (!special && kind != TokenKind::UserDefined) continue;
      list.push_back({{"id", id},
                      {"content", (*tokens_)[id]},
                      {"single_word", false},
                      {"lstrip", false},
                      {"rstrip", false},
                      {"normalized", false},
                      {"special", special}});
    }
    return list;
  }

  [[nodiscard]] Json vocabulary() const {
    auto vocabulary = Json::object();
    for (std::size_t id = 0; id < tokens_->size(); ++id) {
      const auto found = ids_.find((*tokens_)[id]);
      // An ordered object's own look-up walks it: this one must not.
      if (found != ids_.end() && found->second == static_cast<std::int64_t>(id)) {
        vocabulary.get_ref<Json::object_t&>().emplace_back((*tokens_)[id], id);
      }
    }
    return vocabulary;
  }

  [[nodiscard]] Json bpe(Json merges, bool bytesAsTokens) const {
    Json model = {{"type", "BPE"},
                  {"dropout", nullptr},
                  {"unk_token", nullptr},
                  {"continuing_subword_prefix", nullptr},
                  {"end_of_word_suffix", nullptr},
                  {"fuse_unk", bytesAsTokens},
                  {"byte_fallback", bytesAsTokens},
                  {"ignore_merges", false}};
    model["vocab"] = vocabulary();
    model["merges"] = std::move(merges);
    return model;
  }

  [[nodiscard]] Json statedMerges() const {
    auto merges = Json::array();
    if (const auto* stated = metadata_.list<std::string>("tokenizer.ggml.merges")) {
      for (const auto& merge : *stated) {
        const auto blank = merge.find(' ', 1);
        if (blank != std::string::npos) merges.push_back({merge.substr(0, blank), merge.substr(blank + 1)});
      }
    }
    return merges;
  }

  Status makeBytes() {
    const auto* stated = metadata_.get<std::string>("tokenizer.ggml.pre");
    const std::string name = stated == nullptr ? "" : *stated;
    const auto pre = preTokenizerNamed(name);
    if (!pre) {
      return cannot(
          fmt::format("its pre-tokenizer {} is not known here ({} are)", base::inQuotes(name), namesOfPreTokenizers()));
    }
    texts_.tokenizer["normalizer"] = pre->composes ? Json({{"type", "NFC"}}) : Json();
    texts_.tokenizer["pre_tokenizer"] = pre->json;
    frame(truth("tokenizer.ggml.add_bos_token", pre->ignoresMerges), false,
          {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", false}, {"use_regex", false}});
    texts_.tokenizer["decoder"] = {
        {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
    auto model = bpe(statedMerges(), false);
    model["ignore_merges"] = pre->ignoresMerges;
    texts_.tokenizer["model"] = std::move(model);
    return {};
  }

  Status makePieces() {
    ROSA_TRY(auto merges, pieceMerges());
    const bool prefix = truth("tokenizer.ggml.add_space_prefix", true);
    const Json blanks = {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", kPieceBlank}};
    texts_.tokenizer["normalizer"] =
        prefix ? Json({{"type", "Sequence"},
                       {"normalizers", Json::array({Json({{"type", "Prepend"}, {"prepend", kPieceBlank}}), blanks})}})
               : blanks;
    texts_.tokenizer["pre_tokenizer"] = nullptr;
    frame(truth("tokenizer.ggml.add_bos_token", true), truth("tokenizer.ggml.add_eos_token", false), nullptr);
    auto decoders = Json::array({Json({{"type", "Replace"}, {"pattern", {{"String", kPieceBlank}}}, {"content", " "}}),
                                 Json({{"type", "ByteFallback"}}), Json({{"type", "Fuse"}})});
    if (prefix) decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
    texts_.tokenizer["decoder"] = {{"type", "Sequence"}, {"decoders", decoders}};
    auto model = bpe(std::move(merges), true);
    if (const auto unknown = unknownToken()) model["unk_token"] = (*tokens_)[*unknown];
    texts_.tokenizer["model"] = std::move(model);
    return {};
  }

  [[nodiscard]] std::optional<std::size_t> unknownToken() const {
    for (std::size_t id = 0; id < tokens_->size(); ++id) {
      if (kindOf(id) == TokenKind::Unknown) return id;
    }
    return tokenAt("unknown");
  }

  /// Every way to part a piece into two others, the piece of the highest score first: so llama.cpp and SentencePiece
  /// join them.
  [[nodiscard]] Expected<Json> pieceMerges() const {
    if (metadata_.find("tokenizer.ggml.merges") != nullptr) return statedMerges();
    const auto* scores = metadata_.list<float>("tokenizer.ggml.scores");
    if (scores == nullptr || scores->size() != tokens_->size()) {
      return cannot("tokenizer.ggml.scores is missing or has another length than tokenizer.ggml.tokens");
    }
    struct Merge {
      float score;
      std::int64_t whole, left, right;
      std::size_t cut;
    };
    std::vector<Merge> merges;
    for (std::size_t id = 0; id < tokens_->size(); ++id) {
      if (kindOf(id) != TokenKind::Normal) continue;
      const auto& piece = (*tokens_)[id];
      if (piece.size() > kLongestPiece) {
        return cannot(fmt::format("token {} has {} bytes, and no SentencePiece model has pieces of more than {}", id,
                                  piece.size(), kLongestPiece));
      }
      for (std::size_t cut = 1; cut < piece.size(); ++cut) {
        if ((static_cast<unsigned char>(piece[cut]) & 0xC0U) == 0x80U) continue;
        const auto left = normalPiece(piece.substr(0, cut));
        const auto right = normalPiece(piece.substr(cut));
        if (left && right) merges.push_back({(*scores)[id], static_cast<std::int64_t>(id), *left, *right, cut});
      }
    }
    std::ranges::stable_sort(merges, [](const Merge& a, const Merge& b) {
      return std::tuple(-a.score, a.whole, a.left, a.right) < std::tuple(-b.score, b.whole, b.left, b.right);
    });
    auto list = Json::array();
    for (const auto& merge : merges) {
      const auto& piece = (*tokens_)[static_cast<std::size_t>(merge.whole)];
      list.push_back({piece.substr(0, merge.cut), piece.substr(merge.cut)});
    }
    return list;
  }

  [[nodiscard]] std::optional<std::int64_t> normalPiece(const std::string& piece) const {
    const auto found = ids_.find(piece);
    if (found == ids_.end() || kindOf(static_cast<std::size_t>(found->second)) != TokenKind::Normal)
      return std::nullopt;
    return found->second;
  }

  /// What stands before and behind every text; `otherwise` where nothing does.
  void frame(bool begins, bool ends, Json otherwise) {
    const auto first = begins ? tokenAt("bos") : std::nullopt;
    const auto last = ends || truth("tokenizer.ggml.add_eos_token", false) ? tokenAt("eos") : std::nullopt;
    if (!first && !last) {
      texts_.tokenizer["post_processor"] = std::move(otherwise);
      return;
    }
    auto single = Json::array(), pair = Json::array(), special = Json::object();
    const auto token = [&](std::size_t id, int type) {
      const auto& text = (*tokens_)[id];
      special[text] = {{"id", text}, {"ids", {id}}, {"tokens", {text}}};
      return Json({{"SpecialToken", {{"id", text}, {"type_id", type}}}});
    };
    for (const int type : {0, 1}) {
      if (first) pair.push_back(token(*first, type));
      pair.push_back({{"Sequence", {{"id", type == 0 ? "A" : "B"}, {"type_id", type}}}});
      if (last) pair.push_back(token(*last, type));
      if (type == 0) single = pair;
    }
    texts_.tokenizer["post_processor"] = {
        {"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", special}};
  }

  void makeSettings() {
    auto& settings = texts_.settings;
    settings = {{"tokenizer_class", "PreTrainedTokenizerFast"}, {"clean_up_tokenization_spaces", false}};
    for (const auto& [ours, theirs] :
         {std::pair("bos_token", "bos"), std::pair("eos_token", "eos"), std::pair("unk_token", "unknown"),
          std::pair("pad_token", "padding"), std::pair("sep_token", "seperator"), std::pair("mask_token", "mask")}) {
      if (const auto id = tokenAt(theirs)) settings[ours] = (*tokens_)[*id];
    }
    for (const char* name : {"eos", "eot", "eom"}) {
      const auto id = tokenAt(name);
      if (!id) continue;
      const auto end = static_cast<std::int64_t>(*id);
      if (std::ranges::find(texts_.endIds, end) == texts_.endIds.end()) texts_.endIds.push_back(end);
    }
    if (const auto* chat = metadata_.get<std::string>("tokenizer.chat_template")) {
      texts_.chatTemplate = *chat;
      settings["chat_template"] = *chat;
    }
  }

  const gguf::GgufFile& file_;
  const gguf::Metadata& metadata_;
  const std::vector<std::string>* tokens_ = nullptr;
  const std::vector<std::int32_t>* kinds_ = nullptr;
  std::unordered_map<std::string, std::int64_t> ids_;
  FolderTexts texts_;
};

}  // namespace

Expected<FolderTexts> textsOfGguf(const gguf::GgufFile& file) {
  return VocabularyReader(file).read();
}

}  // namespace rosa::convert
