// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/post_processor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "text/json_fields.h"
#include "text/pre_tokenizer.h"

namespace rosa::text {
namespace {

constexpr std::string_view kPostProcessor = "post_processor";

}  // namespace

Expected<PostProcessor> PostProcessor::fromJson(const base::Json& json) {
  PostProcessor processor;
  if (!json.is_null()) {
    ROSA_CHECK(processor.read(json, 0));
  }
  return processor;
}

Expected<PostProcessor::Template> PostProcessor::readTemplate(const base::Json& pieces, const base::Json& specials,
                                                              std::string_view place) {
  if (!pieces.is_array()) return Error{fmt::format("{} must be a list.", place)};
  Template result;
  for (const auto& entry : pieces) {
    Piece piece;
    if (const auto& sequence = member(entry, "Sequence"); !sequence.is_null()) {
      ROSA_TRY(const auto id, textField(sequence, "id", place));
      piece.kind = id == "B" ? Piece::Kind::Second : Piece::Kind::First;
      ROSA_TRY(piece.typeId, numberField(sequence, "type_id", 0, place));
    } else if (const auto& special = member(entry, "SpecialToken"); !special.is_null()) {
      ROSA_TRY(const auto id, textField(special, "id", place));
      piece.kind = Piece::Kind::Special;
      ROSA_TRY(piece.typeId, numberField(special, "type_id", 0, place));
      const auto& ids = member(member(specials, id), "ids");
      if (!ids.is_array())
        return Error{fmt::format("{}: post_processor.special_tokens lacks the ids of \"{}\".", place, id)};
      for (const auto& value : ids) {
        ROSA_TRY(const auto number, tokenId(value, "post_processor.special_tokens"));
        piece.ids.push_back(number);
      }
    } else {
      return Error{fmt::format("{}: each part must be a Sequence or a SpecialToken.", place)};
    }
    result.push_back(std::move(piece));
  }
  return result;
}

Status PostProcessor::readPairOfTokens(const base::Json& json, bool roberta) {
  const auto idOf = [&json](std::string_view key) -> Expected<std::int32_t> {
    const auto& value = member(json, key);
    if (!value.is_array() || value.size() != 2)
      return Error{fmt::format("post_processor.{} must be [token, id].", key)};
    return tokenId(value[1], fmt::format("post_processor.{}", key));
  };
  ROSA_TRY(const auto cls, idOf("cls"));
  ROSA_TRY(const auto sep, idOf("sep"));
  const auto special = [](std::int32_t id, std::int32_t type) { return Piece{Piece::Kind::Special, {id}, type}; };
  single_ = {special(cls, 0), {Piece::Kind::First, {}, 0}, special(sep, 0)};
  pair_ = single_;
  if (roberta) pair_.push_back(special(sep, 0));
  pair_.push_back({Piece::Kind::Second, {}, roberta ? 0 : 1});
  pair_.push_back(special(sep, roberta ? 0 : 1));
  return {};
}

Status PostProcessor::read(const base::Json& json, int depth) {
  ROSA_TRY(const auto type, typeOf(json, kPostProcessor));
  if (type == "TemplateProcessing") {
    const auto& specials = member(json, "special_tokens");
    ROSA_TRY(single_, readTemplate(member(json, "single"), specials, "post_processor.single"));
    ROSA_TRY(pair_, readTemplate(member(json, "pair"), specials, "post_processor.pair"));
    return {};
  }
  if (type == "BertProcessing") return readPairOfTokens(json, false);
  if (type == "RobertaProcessing" || type == "ByteLevel") {
    ROSA_TRY(trim_, boolField(json, "trim_offsets", true, kPostProcessor));
    ROSA_TRY(prefixSpace_, boolField(json, "add_prefix_space", true, kPostProcessor));
    return type == "RobertaProcessing" ? readPairOfTokens(json, true) : Status();
  }
  constexpr int kDeepest = 8;
  if (type == "Sequence" && depth < kDeepest) {
    for (const auto& part : member(json, "processors")) {
      ROSA_CHECK(read(part, depth + 1));
    }
    return {};
  }
  return unsupported(kPostProcessor, type);
}

std::int64_t PostProcessor::addedTokens(bool pair) const {
  std::int64_t count = 0;
  for (const auto& piece : pair ? pair_ : single_) count += static_cast<std::int64_t>(piece.ids.size());
  return count;
}

std::optional<std::int32_t> PostProcessor::before() const {
  const auto& first = single_.empty() ? Piece{} : single_.front();
  return first.kind == Piece::Kind::Special && !first.ids.empty() ? std::optional(first.ids.front()) : std::nullopt;
}

std::optional<std::int32_t> PostProcessor::after() const {
  const auto& last = single_.empty() ? Piece{} : single_.back();
  return last.kind == Piece::Kind::Special && !last.ids.empty() ? std::optional(last.ids.back()) : std::nullopt;
}

std::int32_t PostProcessor::largestId() const {
  std::int32_t largest = -1;
  for (const auto* pieces : {&single_, &pair_}) {
    for (const auto& piece : *pieces) {
      for (const auto id : piece.ids) largest = std::max(largest, id);
    }
  }
  return largest;
}

std::int32_t PostProcessor::largestType(bool pair) const {
  std::int32_t largest = 0;
  for (const auto& piece : pair ? pair_ : single_) largest = std::max(largest, piece.typeId);
  return largest;
}

const PostProcessor::Around* PostProcessor::spaceAround(std::int32_t id, const Vocabulary& vocabulary) const {
  auto& known = around_.get();
  if (known.empty()) known.resize(static_cast<std::size_t>(vocabulary.size()));
  if (id < 0 || static_cast<std::size_t>(id) >= known.size()) return nullptr;
  auto& around = known[static_cast<std::size_t>(id)];
  if (around.leading >= 0) return &around;
  const auto* text = vocabulary.text(id);
  if (text == nullptr) return nullptr;
  const auto isSpace = [](char32_t c) { return c == byteCharacters()[' '] || isWhiteSpace(c); };
  const auto points = codePoints(*text);
  around.leading = static_cast<std::int32_t>(std::find_if_not(points.begin(), points.end(), isSpace) - points.begin());
  around.trailing =
      static_cast<std::int32_t>(std::find_if_not(points.rbegin(), points.rend(), isSpace) - points.rbegin());
  return &around;
}

void PostProcessor::trimOffsets(std::vector<Token>& tokens, const Vocabulary& vocabulary) const {
  if (!trim_) return;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    auto& token = tokens[i];
    const auto* around = spaceAround(token.id, vocabulary);
    if (around == nullptr) continue;
    auto [leading, trailing] = *around;
    if (leading > 0) {
      // A single space in front may be the one that the pre-tokenizer put there, which is not in the text.
      if ((i == 0 || token.begin == 0) && prefixSpace_ && leading == 1) leading = 0;
      token.begin = std::min(token.begin + leading, token.end);
    }
    if (trailing > 0 && token.end >= trailing) token.end = std::max(token.end - trailing, token.begin);
  }
}

Encoding PostProcessor::frame(std::vector<Token> first, std::optional<std::vector<Token>> second,
                              bool specialTokens) const {
  Encoding encoding;
  for (const auto& piece : second ? pair_ : single_) {
    if (piece.kind == Piece::Kind::Special) {
      if (!specialTokens) continue;
      for (const auto id : piece.ids) {
        encoding.tokens.push_back({id, 0, 0});
        encoding.typeIds.push_back(piece.typeId);
        encoding.special.push_back(true);
      }
      continue;
    }
    const auto& tokens = piece.kind == Piece::Kind::First ? first : *second;
    encoding.tokens.insert(encoding.tokens.end(), tokens.begin(), tokens.end());
    encoding.typeIds.resize(encoding.tokens.size(),
                            specialTokens ? piece.typeId : (piece.kind == Piece::Kind::Second ? piece.typeId : 0));
    encoding.special.resize(encoding.tokens.size(), false);
  }
  return encoding;
}

}  // namespace rosa::text
