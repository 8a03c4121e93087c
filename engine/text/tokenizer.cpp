// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "text/added_tokens.h"
#include "text/decoder.h"
#include "text/json_fields.h"
#include "text/normalizer.h"
#include "text/post_processor.h"
#include "text/pre_tokenizer.h"
#include "text/token_model.h"

namespace rosa::text {

struct Tokenizer::Parts {
  Vocabulary vocabulary;
  AddedTokens added;
  std::unique_ptr<Normalizer> normalizer;
  std::unique_ptr<PreTokenizer> preTokenizer;
  std::unique_ptr<TokenModel> model;
  PostProcessor postProcessor;
  std::unique_ptr<Decoder> decoder;
  std::array<std::optional<std::int32_t>, 7> roles;
};

namespace {

constexpr std::array<std::string_view, 7> kRoleKeys = {"bos_token", "eos_token", "unk_token", "sep_token",
                                                       "pad_token", "cls_token", "mask_token"};

void shorten(std::vector<Token>& tokens, std::int64_t length) {
  if (static_cast<std::int64_t>(tokens.size()) > length) tokens.resize(static_cast<std::size_t>(length));
}

}  // namespace

Expected<Tokenizer> Tokenizer::fromJson(const base::Json& json, std::string_view source) {
  auto parts = std::make_shared<Parts>();
  const auto read = [&]() -> Status {
    const auto& model = member(json, "model");
    if (!model.is_object()) return Error{"it has no \"model\"."};
    if (const auto& type = member(model, "type"); type.is_string() && type.get<std::string>() == "Unigram")
      return unsupported("model.type", "Unigram");
    ROSA_TRY(parts->vocabulary, Vocabulary::fromJson(member(model, "vocab")));
    ROSA_TRY(parts->model, makeTokenModel(model, parts->vocabulary));
    ROSA_TRY(parts->normalizer, makeNormalizer(member(json, "normalizer")));
    ROSA_TRY(parts->preTokenizer, makePreTokenizer(member(json, "pre_tokenizer")));
    ROSA_TRY(parts->postProcessor, PostProcessor::fromJson(member(json, "post_processor")));
    ROSA_TRY(parts->decoder, makeDecoder(member(json, "decoder")));
    ROSA_TRY(parts->added, AddedTokens::fromJson(member(json, "added_tokens")));
    parts->added.prepare(parts->normalizer.get());
    for (const auto& entry : parts->added.entries()) parts->vocabulary.add(entry.content, entry.id);
    return {};
  };
  if (auto status = read(); !status) return Error{fmt::format("{}: {}", source, status.error().message)};
  Tokenizer tokenizer;
  tokenizer.parts_ = std::move(parts);
  return tokenizer;
}

Expected<Tokenizer> Tokenizer::fromFolder(const std::filesystem::path& folder) {
  auto& files = base::FileSystem::real();
  const auto path = folder / "tokenizer.json";
  constexpr base::JsonLimits kLimits{.bytes = std::uint64_t{64} << 20, .depth = 64};
  if (!std::filesystem::exists(path)) {
    return Error{
        fmt::format("{} has no tokenizer.json. Save it there with the model (a \"fast\" tokenizer).", folder.string())};
  }
  ROSA_TRY(const auto json, base::readJsonFile(files, path, kLimits));
  ROSA_TRY(auto tokenizer, fromJson(json, path.string()));
  // The parts are not shared with anyone yet; roles are added before they are.
  auto& roles = std::const_pointer_cast<Parts>(tokenizer.parts_)->roles;
  for (const char* name : {"special_tokens_map.json", "tokenizer_config.json"}) {
    const auto file = folder / name;
    if (!std::filesystem::exists(file)) continue;
    ROSA_TRY(const auto config, base::readJsonFile(files, file, kLimits));
    for (std::size_t role = 0; role < kRoleKeys.size(); ++role) {
      const auto& value = member(config, kRoleKeys[role]);
      const auto& content = value.is_object() ? member(value, "content") : value;
      if (!content.is_string()) continue;
      if (const auto id = tokenizer.find(content.get<std::string>())) roles[role] = id;
    }
  }
  return tokenizer;
}

std::vector<Token> Tokenizer::tokensOf(std::string_view text) const {
  const auto points = codePoints(text);
  AlignedText aligned;
  aligned.reserve(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto place = static_cast<std::int32_t>(i);
    aligned.push_back({points[i], place, place + 1});
  }
  std::vector<Token> tokens;
  for (auto& part : parts_->added.split(std::move(aligned), parts_->normalizer.get())) {
    if (auto* token = std::get_if<Token>(&part)) {
      // What an added token took of the white space beside it is not in its text in the vocabulary.
      const auto isSpace = [&points](std::int32_t place) {
        return isWhiteSpace(points[static_cast<std::size_t>(place)]);
      };
      if (parts_->postProcessor.trimsOffsets()) {
        while (token->begin < token->end && isSpace(token->begin)) ++token->begin;
        while (token->end > token->begin && isSpace(token->end - 1)) --token->end;
      }
      tokens.push_back(*token);
      continue;
    }
    std::vector<AlignedText> pieces;
    pieces.push_back(std::move(std::get<AlignedText>(part)));
    if (parts_->preTokenizer) parts_->preTokenizer->apply(pieces);
    for (const auto& piece : pieces) {
      if (!piece.empty()) parts_->model->encode(piece, tokens);
    }
  }
  parts_->postProcessor.trimOffsets(tokens, parts_->vocabulary);
  return tokens;
}

Encoding Tokenizer::encode(std::string_view text, bool specialTokens) const {
  return parts_->postProcessor.frame(tokensOf(text), std::nullopt, specialTokens);
}

Expected<Encoding> Tokenizer::encode(std::string_view text, std::optional<std::string_view> pair,
                                     std::int64_t maxLength, Truncation truncation, bool specialTokens) const {
  auto first = tokensOf(text);
  std::optional<std::vector<Token>> second;
  if (pair && !pair->empty()) second = tokensOf(*pair);
  const auto room = std::max<std::int64_t>(
      0, maxLength - (specialTokens ? parts_->postProcessor.addedTokens(second.has_value()) : 0));
  const auto firstSize = static_cast<std::int64_t>(first.size());
  const auto secondSize = second ? static_cast<std::int64_t>(second->size()) : 0;
  const bool truncated = firstSize + secondSize > room;
  if (truncated) {
    const auto excess = firstSize + secondSize - room;
    if (truncation == Truncation::LongestFirst) {
      // The shares that cutting the longer text token by token would leave.
      auto shorter = std::min(firstSize, secondSize);
      auto longer = shorter > room ? shorter : std::max(shorter, room - shorter);
      if (shorter + longer > room) {
        shorter = room / 2;
        longer = shorter + room % 2;
      }
      const bool firstIsLonger = firstSize > secondSize;
      shorten(first, second ? (firstIsLonger ? longer : shorter) : room);
      if (second) shorten(*second, firstIsLonger ? shorter : longer);
    } else {
      auto& target = truncation == Truncation::OnlyFirst || !second ? first : *second;
      if (static_cast<std::int64_t>(target.size()) <= excess)
        return Error{"The text that is to be cut is too short for that."};
      shorten(target, static_cast<std::int64_t>(target.size()) - excess);
    }
  }
  auto encoding = parts_->postProcessor.frame(std::move(first), std::move(second), specialTokens);
  encoding.truncated = truncated;
  return encoding;
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, bool skipSpecial) const {
  std::vector<std::string> tokens;
  for (const auto id : ids) {
    if (skipSpecial && parts_->added.isSpecial(id)) continue;
    if (const auto* text = parts_->vocabulary.text(id)) tokens.push_back(*text);
  }
  std::string result;
  if (parts_->decoder) {
    for (const auto& part : parts_->decoder->apply(std::move(tokens))) result += part;
  } else {
    for (const auto& token : tokens) {
      if (!result.empty()) result += ' ';
      result += token;
    }
  }
  return result;
}

const std::string* Tokenizer::tokenText(std::int32_t id) const {
  return parts_->vocabulary.text(id);
}

bool Tokenizer::isSpecial(std::int32_t id) const {
  return parts_->added.isSpecial(id);
}

std::optional<std::int32_t> Tokenizer::find(std::string_view token) const {
  return parts_->vocabulary.find(token);
}

std::optional<std::int32_t> Tokenizer::roleId(Role role) const {
  return parts_->roles[static_cast<std::size_t>(role)];
}

std::int64_t Tokenizer::vocabularySize() const {
  return parts_->vocabulary.size();
}

}  // namespace rosa::text
