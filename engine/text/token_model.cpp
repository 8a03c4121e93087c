// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/token_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "text/bpe.h"
#include "text/json_fields.h"
#include "text/unigram.h"

namespace rosa::text {
namespace {

/// Longest match first from the left (Devlin et al. 2019); a word with a part that no token covers is unknown as a
/// whole.
class WordPiece final : public TokenModel {
 public:
  WordPiece(const Vocabulary& vocabulary, std::int32_t unknown, std::string prefix, std::size_t longest)
      : vocabulary_(vocabulary), unknown_(unknown), prefix_(std::move(prefix)), longest_(longest) {}

  void encode(AlignedView word, std::vector<Token>& tokens) const override {
    const Token whole{unknown_, word.front().begin, word.back().end};
    if (word.size() > longest_) {
      tokens.push_back(whole);
      return;
    }
    const auto before = tokens.size();
    for (std::size_t start = 0; start < word.size();) {
      std::string candidate = start > 0 ? prefix_ : std::string();
      std::vector<std::size_t> lengths;  // of the candidate after each code point
      for (std::size_t i = start; i < word.size() && candidate.size() < vocabulary_.longestOwn(); ++i) {
        appendUtf8(candidate, word[i].value);
        lengths.push_back(candidate.size());
      }
      std::optional<std::int32_t> id;
      std::size_t taken = lengths.size();
      for (; taken > 0 && !id; --taken)
        id = vocabulary_.findOwn(std::string_view(candidate).substr(0, lengths[taken - 1]));
      if (!id) {
        tokens.resize(before);
        tokens.push_back(whole);
        return;
      }
      const std::size_t end = start + taken + 1;
      tokens.push_back({*id, word[start].begin, word[end - 1].end});
      start = end;
    }
  }

 private:
  const Vocabulary& vocabulary_;
  std::int32_t unknown_;
  std::string prefix_;
  std::size_t longest_;
};

class WordLevel final : public TokenModel {
 public:
  WordLevel(const Vocabulary& vocabulary, std::int32_t unknown) : vocabulary_(vocabulary), unknown_(unknown) {}
  void encode(AlignedView word, std::vector<Token>& tokens) const override {
    tokens.push_back({vocabulary_.findOwn(toUtf8(word)).value_or(unknown_), word.front().begin, word.back().end});
  }

 private:
  const Vocabulary& vocabulary_;
  std::int32_t unknown_;
};

}  // namespace

Expected<Vocabulary> Vocabulary::fromJson(const base::Json& json) {
  if ((!json.is_object() && !json.is_array()) || json.empty()) {
    return Error{"model.vocab must map tokens to ids, or list tokens with their scores, and hold at least one."};
  }
  Vocabulary vocabulary;
  const auto take = [&vocabulary](std::string token, std::int32_t id) {
    vocabulary.ids_[token].own = id;
    ++vocabulary.ownCount_;
    vocabulary.longestOwn_ = std::max(vocabulary.longestOwn_, token.size());
    vocabulary.add(std::move(token), id);
  };
  if (json.is_object()) {
    for (const auto& [token, id] : json.items()) {
      ROSA_TRY(const auto number, tokenId(id, fmt::format("model.vocab[{}]", base::inQuotes(token))));
      take(token, number);
    }
    return vocabulary;
  }
  std::int32_t id = 0;
  for (const auto& entry : json) {
    if (!entry.is_array() || entry.empty() || !entry[0].is_string())
      return Error{fmt::format("model.vocab[{}] must be [token, score].", id)};
    take(entry[0].get<std::string>(), id);
    ++id;
  }
  return vocabulary;
}

std::optional<std::int32_t> Vocabulary::find(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? std::nullopt : std::optional(found->second.any);
}

std::optional<std::int32_t> Vocabulary::findOwn(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() || found->second.own < 0 ? std::nullopt : std::optional(found->second.own);
}

const std::string* Vocabulary::text(std::int32_t id) const {
  const auto found = texts_.find(id);
  return found == texts_.end() ? nullptr : &found->second;
}

void Vocabulary::add(std::string token, std::int32_t id) {
  texts_[id] = token;
  ids_[std::move(token)].any = id;
  size_ = std::max(size_, std::int64_t{id} + 1);
}

std::array<std::optional<std::int32_t>, 256> byteTokens(const Vocabulary& vocabulary) {
  std::array<std::optional<std::int32_t>, 256> tokens;
  for (unsigned byte = 0; byte < tokens.size(); ++byte)
    tokens[byte] = vocabulary.findOwn(fmt::format("<0x{:02X}>", byte));
  return tokens;
}

Expected<std::unique_ptr<TokenModel>> makeTokenModel(const base::Json& json, const Vocabulary& vocabulary) {
  using Made = Expected<std::unique_ptr<TokenModel>>;
  // Files from before 2020 leave the type out.
  std::string type = "BPE";
  if (!member(json, "type").is_null()) {
    ROSA_TRY(type, typeOf(json, "model"));
  } else if (member(json, "merges").is_null()) {
    type = member(json, "vocab").is_array() ? "Unigram" : "WordPiece";
  }
  if ((type == "Unigram") != member(json, "vocab").is_array()) {
    return Error{fmt::format("model.vocab must {} in a {} model.",
                             type == "Unigram" ? "list tokens with their scores" : "map tokens to ids", type)};
  }
  if (type == "Unigram") {
    ROSA_TRY(auto unigram, Unigram::fromJson(json, vocabulary));
    return Made(std::make_unique<Unigram>(std::move(unigram)));
  }
  if (type == "BPE") {
    ROSA_TRY(auto bpe, BytePairEncoding::fromJson(json, vocabulary));
    return Made(std::make_unique<BytePairEncoding>(std::move(bpe)));
  }
  if (type != "WordPiece" && type != "WordLevel") return unsupported("model.type", type);
  ROSA_TRY(const auto unknown, textField(json, "unk_token", "model"));
  const auto unknownId = vocabulary.findOwn(unknown);
  if (!unknownId) return Error{fmt::format("model.unk_token {} is not in model.vocab.", base::inQuotes(unknown))};
  if (type == "WordLevel") return Made(std::make_unique<WordLevel>(vocabulary, *unknownId));
  std::string prefix = "##";
  if (!member(json, "continuing_subword_prefix").is_null()) {
    ROSA_TRY(prefix, textField(json, "continuing_subword_prefix", "model"));
  }
  ROSA_TRY(const auto longest, numberField(json, "max_input_chars_per_word", 100, "model"));
  return Made(std::make_unique<WordPiece>(vocabulary, *unknownId, std::move(prefix),
                                          static_cast<std::size_t>(std::min(longest, 10'000))));
}

}  // namespace rosa::text
