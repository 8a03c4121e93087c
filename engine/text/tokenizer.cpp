// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/tokenizer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "text/added_tokens.h"
#include "text/built_tokenizer.h"
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
  std::array<std::optional<std::int32_t>, kRoles> roles;
  TokenizerSettings settings;

  void addNamed(std::int64_t rows);
  void takeModelTokens(const ModelTable& table);
  void prepare();
  void compareFrame();
};

/// Tokens that the files beside tokenizer.json name, with their properties; then the ids of the roles.
void Tokenizer::Parts::addNamed(std::int64_t rows) {
  const auto add = [&](AddedTokens::Entry entry, std::string_view source) {
    if (const auto id = vocabulary.find(entry.content)) {
      entry.id = *id;
    } else if (vocabulary.size() < rows) {
      entry.id = static_cast<std::int32_t>(vocabulary.size());
      vocabulary.add(entry.content, entry.id);
    } else {
      settings.remarks.push_back(
          fmt::format("{} names the token {}, which tokenizer.json lacks and the model's table has no row for: it is "
                      "not used.",
                      source, base::inQuotes(entry.content)));
      return;
    }
    added.put(std::move(entry));
  };
  for (const auto& entry : settings.added) add(entry, settings.addedFrom);
  const auto addSpecial = [&](const std::string& content, std::string_view source, bool hasRole) {
    if (const auto* known = added.find(content)) {
      auto entry = *known;
      entry.special = true;
      added.put(std::move(entry));
      return;
    }
    AddedTokens::Entry entry;
    entry.content = content;
    entry.special = true;
    const auto described = std::ranges::find(settings.described, content, &AddedTokens::Entry::content);
    if (described != settings.described.end()) entry = *described;
    entry.special = entry.special || hasRole;
    add(std::move(entry), source);
  };
  for (std::size_t role = 0; role < kRoles; ++role) {
    const auto& token = settings.roles[role];
    // What only the class would have, and the vocabulary lacks, no text can hold.
    if (!token || (!token->named && !vocabulary.find(token->content))) continue;
    addSpecial(token->content, token->source, true);
    roles[role] = vocabulary.find(token->content);
  }
  for (const auto& content : settings.extraTokens) addSpecial(content, "tokenizer_config.json", false);
}

void Tokenizer::Parts::takeModelTokens(const ModelTable& table) {
  const auto take = [&](Role role, std::optional<std::int64_t> id) {
    const auto index = static_cast<std::size_t>(role);
    if (!id || roles[index]) return;
    const auto* text = vocabulary.text(static_cast<std::int32_t>(*id));
    if (text == nullptr) return;
    roles[index] = static_cast<std::int32_t>(*id);
    settings.roles[index] = NamedToken{*text, table.source, true};
  };
  take(Role::Begin, table.begin);
  take(Role::End, table.end);
}

void Tokenizer::Parts::prepare() {
  added.prepare(normalizer.get());
  for (const auto& entry : added.entries()) vocabulary.show(entry.id, added.shownText(entry));
}

/// Whether texts begin or end with a token is tokenizer.json's to say where there is one.
void Tokenizer::Parts::compareFrame() {
  const std::pair<const char*, std::optional<std::int32_t>> ends[] = {{"add_bos_token", postProcessor.before()},
                                                                      {"add_eos_token", postProcessor.after()}};
  for (const auto& [key, token] : ends) {
    const auto& wanted = member(settings.config, key);
    if (!wanted.is_boolean() || wanted.get<bool>() == token.has_value()) continue;
    settings.remarks.push_back(fmt::format(
        "tokenizer_config.json: {} is {}, but tokenizer.json {}; tokenizer.json counts, as in transformers.", key,
        wanted.get<bool>(),
        token ? fmt::format("frames every text with {}",
                            base::inQuotes(vocabulary.text(*token) ? *vocabulary.text(*token) : std::to_string(*token)))
              : "adds none"));
  }
}

namespace {

/// What else lies in the folder decides the remedy.
Error noTokenizerJson(const std::filesystem::path& folder) {
  std::string others;
  for (const char* name : {"tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "vocab.json", "vocab.txt",
                           "tiktoken.model", "tekken.json"}) {
    if (std::filesystem::exists(folder / name)) others += (others.empty() ? "" : " and ") + std::string(name);
  }
  const auto shown = folder.string();
  if (others.empty()) {
    return Error{fmt::format("{} has no tokenizer.json. Save it there with the model (a \"fast\" tokenizer).", shown)};
  }
  return Error{fmt::format(
      "{} has no tokenizer.json, only {}, which is not read here. Make one beside it with transformers{}: python -c "
      "\"from transformers import AutoTokenizer; AutoTokenizer.from_pretrained('{}').save_pretrained('{}')\".",
      shown, others, others.find(".model") == std::string::npos ? "" : ", sentencepiece and protobuf", shown, shown)};
}

void shorten(std::vector<Token>& tokens, std::int64_t length) {
  if (static_cast<std::int64_t>(tokens.size()) > length) tokens.resize(static_cast<std::size_t>(length));
}

}  // namespace

Expected<std::shared_ptr<Tokenizer::Parts>> Tokenizer::partsOf(const base::Json& json, std::string_view source) {
  auto parts = std::make_shared<Parts>();
  const auto read = [&]() -> Status {
    const auto& model = member(json, "model");
    if (!model.is_object()) return Error{"it has no \"model\"."};
    ROSA_TRY(parts->vocabulary, Vocabulary::fromJson(member(model, "vocab")));
    ROSA_TRY(parts->model, makeTokenModel(model, parts->vocabulary));
    ROSA_TRY(parts->normalizer, makeNormalizer(member(json, "normalizer")));
    ROSA_TRY(parts->preTokenizer, makePreTokenizer(member(json, "pre_tokenizer")));
    ROSA_TRY(parts->postProcessor, PostProcessor::fromJson(member(json, "post_processor")));
    ROSA_TRY(parts->decoder, makeDecoder(member(json, "decoder")));
    ROSA_TRY(parts->added, AddedTokens::fromJson(member(json, "added_tokens"), parts->vocabulary));
    for (const auto& entry : parts->added.entries()) parts->vocabulary.add(entry.content, entry.id);
    return {};
  };
  if (auto status = read(); !status) return Error{fmt::format("{}: {}", source, status.error().message)};
  return parts;
}

Expected<Tokenizer> Tokenizer::fromJson(const base::Json& json, std::string_view source) {
  ROSA_TRY(auto parts, partsOf(json, source));
  parts->prepare();
  Tokenizer tokenizer;
  tokenizer.parts_ = std::move(parts);
  return tokenizer;
}

Expected<Tokenizer> Tokenizer::fromFolder(const std::filesystem::path& folder, const std::optional<ModelTable>& model) {
  const auto path = folder / "tokenizer.json";
  constexpr base::JsonLimits kLimits{.bytes = std::uint64_t{64} << 20, .depth = 64};
  if (!std::filesystem::exists(path)) return noTokenizerJson(folder);
  ROSA_TRY(auto json, base::readJsonFile(base::FileSystem::real(), path, kLimits));
  ROSA_TRY(auto settings, readTokenizerSettings(folder, json));
  std::array<std::string, kRoles> contents;
  for (std::size_t role = 0; role < kRoles; ++role) {
    if (settings.roles[role]) contents[role] = settings.roles[role]->content;
  }
  const auto built = buildAs(settings.tokenizerClass.kind, std::move(json), settings.config, contents);
  if (!built.parts.empty()) {
    auto remark = fmt::format("tokenizer.json's {} {} not used: {} has its own, as in transformers 5.",
                              fmt::join(built.parts, " and "), built.parts.size() == 1 ? "is" : "are",
                              settings.tokenizerClass.name);
    if (!settings.tokenizerClass.forced) {
      remark +=
          " Write \"tokenizer_class\": \"PreTrainedTokenizerFast\" into tokenizer_config.json to use the file as it "
          "stands.";
    }
    settings.remarks.push_back(std::move(remark));
  }
  ROSA_TRY(auto parts, partsOf(built.json, path.string()));
  parts->settings = std::move(settings);
  for (const auto& remark : parts->added.remarks()) parts->settings.remarks.push_back("tokenizer.json: " + remark);
  parts->addNamed(model ? model->rows : std::numeric_limits<std::int32_t>::max());
  if (model) parts->takeModelTokens(*model);
  parts->prepare();
  parts->compareFrame();
  Tokenizer tokenizer;
  tokenizer.parts_ = std::move(parts);
  return tokenizer;
}

std::vector<Token> Tokenizer::tokensOf(std::string_view text) const {
  return *tokensBefore(text, std::numeric_limits<std::size_t>::max());
}

std::optional<std::vector<Token>> Tokenizer::encodePart(std::string_view text, std::size_t end) const {
  if (end >= text.size()) return tokensOf(text);
  return tokensBefore(text, codePoints(text.substr(0, end)).size());
}

std::optional<std::vector<Token>> Tokenizer::tokensBefore(std::string_view text, std::size_t end) const {
  const auto points = codePoints(text);
  AlignedText aligned;
  aligned.reserve(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto place = static_cast<std::int32_t>(i);
    aligned.push_back({points[i], place, place + 1});
  }
  const auto stop = end < points.size() ? std::optional(static_cast<std::int32_t>(end)) : std::nullopt;
  std::vector<Token> tokens;
  for (auto& part : parts_->added.split(std::move(aligned), parts_->normalizer.get())) {
    if (auto* token = std::get_if<Token>(&part)) {
      if (stop && token->begin >= *stop) return std::nullopt;
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
    Pieces pieces{std::move(std::get<AlignedText>(part)), {}};
    if (pieces.text.empty()) continue;
    pieces.spans.push_back({0, pieces.text.size()});
    const bool divided = stop && pieces.text.front().begin < *stop && pieces.text.back().end > *stop;
    bool divides = divided;
    if (parts_->preTokenizer) divides = parts_->preTokenizer->applyWatching(pieces, divided ? stop : std::nullopt);
    if (divided && !(divides && PreTokenizer::beginsAt(pieces, *stop))) return std::nullopt;
    for (const auto& span : pieces.spans) {
      const auto word = AlignedView(pieces.text).subspan(span.begin, span.end - span.begin);
      if (stop && word.front().begin >= *stop) break;
      parts_->model->encode(word, tokens);
    }
    if (divided) {
      parts_->postProcessor.trimOffsets(tokens, parts_->vocabulary);
      return tokens;
    }
  }
  if (stop) return std::nullopt;
  parts_->postProcessor.trimOffsets(tokens, parts_->vocabulary);
  return tokens;
}

bool Tokenizer::divides() const {
  return parts_->preTokenizer && parts_->preTokenizer->forgets() &&
         (!parts_->normalizer || parts_->normalizer->forgets());
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
    const auto* text = parts_->vocabulary.text(id);
    if (text != nullptr && !(skipSpecial && parts_->added.isSpecialText(*text))) tokens.push_back(*text);
  }
  std::string result;
  if (parts_->decoder) {
    for (const auto& part : parts_->decoder->apply(std::move(tokens))) result += part;
  } else {
    for (std::size_t i = 0; i < tokens.size(); ++i) result += (i > 0 ? " " : "") + tokens[i];
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
  return std::max(parts_->vocabulary.size(), std::int64_t{parts_->postProcessor.largestId()} + 1);
}

std::int32_t Tokenizer::largestType(bool pair) const {
  return parts_->postProcessor.largestType(pair);
}

std::optional<std::int32_t> Tokenizer::framingToken(Role beginOrEnd) const {
  return beginOrEnd == Role::Begin ? parts_->postProcessor.before() : parts_->postProcessor.after();
}

bool Tokenizer::lowersCase() const {
  AlignedText capital{{U'A', 0, 1}};
  if (parts_->normalizer) parts_->normalizer->apply(capital);
  return std::ranges::any_of(capital, [](const AlignedChar& c) { return c.value == U'a'; });
}

const TokenizerSettings& Tokenizer::settings() const {
  static const TokenizerSettings kNone;
  return parts_ ? parts_->settings : kNone;
}

}  // namespace rosa::text
