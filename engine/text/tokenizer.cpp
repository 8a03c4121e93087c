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

namespace {

/// A part of a text in code points, and how it is divided from the text before and behind; from the text's own
/// beginning and to its end where there is none.
struct Stretch {
  Seam seam = Seam::None;
  std::optional<std::int32_t> begin, end;
  std::int32_t shownBeforeEnd = 0;  ///< from where on the next part sees the text before it
};

/// Whether a text that has been normalised is cut.
bool holds(const AlignedText& text, std::optional<std::int32_t> cut) {
  return cut && text.front().begin < *cut && text.back().end > *cut;
}

/// The first code point that stands for something from `place` on; none where the one before it reaches beyond.
std::optional<std::size_t> placeIn(const AlignedText& text, std::int32_t place) {
  const auto found = std::ranges::find_if(text, [place](const AlignedChar& c) { return c.begin >= place; });
  if (found == text.begin() || found == text.end() || std::prev(found)->end > place) return std::nullopt;
  return static_cast<std::size_t>(found - text.begin());
}

}  // namespace

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
  Seam seam = Seam::None;
  std::string addedTokensLack;  ///< of the line break and the space

  void addNamed(std::int64_t rows);
  void takeModelTokens(const ModelTable& table);
  void prepare();
  void compareFrame();
  [[nodiscard]] Seam findSeam() const;
  [[nodiscard]] std::optional<std::vector<Token>> tokensOf(std::string_view text, const Stretch& stretch) const;
  [[nodiscard]] bool encodePieces(Pieces pieces, const Stretch& stretch, std::vector<Token>& tokens) const;
  void trimSpaces(Token& token, std::u32string_view points) const;
  [[nodiscard]] bool loses(char32_t c) const;
  [[nodiscard]] std::size_t shownBefore(std::string_view text, std::size_t at) const;
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
  for (const char blank : {'\n', ' '}) {
    const auto lacks = [&](const AddedTokens::Entry& entry) { return entry.content.find(blank) == std::string::npos; };
    if (std::ranges::all_of(added.entries(), lacks)) addedTokensLack += blank;
  }
  seam = findSeam();
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

/// What an added token took of the white space beside it is not in its text in the vocabulary.
void Tokenizer::Parts::trimSpaces(Token& token, std::u32string_view points) const {
  if (!postProcessor.trimsOffsets()) return;
  const auto isSpace = [points](std::int32_t place) { return isWhiteSpace(points[static_cast<std::size_t>(place)]); };
  while (token.begin < token.end && isSpace(token.begin)) ++token.begin;
  while (token.end > token.begin && isSpace(token.end - 1)) --token.end;
}

/// Whether the normalizer leaves nothing of a character.
bool Tokenizer::Parts::loses(char32_t c) const {
  if (!normalizer) return false;
  AlignedText with{{c, 0, 1}, {U'a', 1, 2}}, without{{U'a', 0, 1}};
  normalizer->apply(with);
  normalizer->apply(without);
  return with.size() <= without.size();
}

/// From which byte on the text before a seam is shown. Behind a blank that is in no added token, added tokens are found
/// there that the whole text has; and nothing is lost there, because a character that is lost at the beginning moves
/// the places of all that follow. `at` where there is no such byte.
std::size_t Tokenizer::Parts::shownBefore(std::string_view text, std::size_t at) const {
  const auto before = text.substr(0, at);
  auto shown = before.find_first_of(addedTokensLack, at - std::min(at, kShownAtSeam));
  if (shown < at) ++shown;
  while (shown < at) {
    const auto next = characterFrom(before, shown + 1);
    if (!loses(codePoints(before.substr(shown, next - shown)).front())) break;
    shown = next;
  }
  return std::min(shown, at);
}

/// Of a text between added tokens, normalised; false where the stretch is not divided from the rest for certain.
bool Tokenizer::Parts::encodePieces(Pieces pieces, const Stretch& stretch, std::vector<Token>& tokens) const {
  const bool holdsEnd = holds(pieces.text, stretch.end);
  const bool holdsBegin = holds(pieces.text, stretch.begin);
  pieces.spans.push_back({0, pieces.text.size()});
  bool divides = true;
  if (preTokenizer) {
    divides = preTokenizer->applyWatching(pieces, holdsEnd ? stretch.end : std::nullopt);
  }
  if (holdsEnd && stretch.seam == Seam::BehindBreak && !(divides && PreTokenizer::beginsAt(pieces, *stretch.end)))
    return false;
  const auto from = holdsBegin ? placeIn(pieces.text, *stretch.begin) : 0;
  const auto to = holdsEnd ? placeIn(pieces.text, *stretch.end) : pieces.text.size();
  if (!from || !to) return false;
  for (const auto& span : pieces.spans) {
    if (span.end <= *from) continue;
    if (span.begin >= *to) break;
    const auto word = AlignedView(pieces.text).subspan(span.begin, span.end - span.begin);
    const auto begin = std::max(span.begin, *from);
    const auto end = std::min(span.end, *to);
    if (begin > span.begin && !model->divides(word, begin - span.begin)) return false;
    if (end < span.end && !model->divides(word, end - span.begin)) return false;
    model->encode(AlignedView(pieces.text).subspan(begin, end - begin), tokens);
  }
  return true;
}

/// None where the stretch is not divided from the rest for certain.
std::optional<std::vector<Token>> Tokenizer::Parts::tokensOf(std::string_view text, const Stretch& stretch) const {
  const auto points = codePoints(text);
  AlignedText aligned;
  aligned.reserve(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto place = static_cast<std::int32_t>(i);
    aligned.push_back({points[i], place, place + 1});
  }
  const auto begin = stretch.begin, end = stretch.end;
  bool begun = !begin, ended = !end;
  std::vector<Token> tokens;
  for (auto& part : added.split(std::move(aligned), normalizer.get())) {
    if (auto* token = std::get_if<Token>(&part)) {
      if (!begun && token->end <= *begin) continue;
      if (!begun || (end && token->end > *end)) return std::nullopt;
      trimSpaces(*token, points);
      tokens.push_back(*token);
      // What follows an added token is a text of its own.
      ended = ended || (token->end == *end && stretch.seam == Seam::BehindBreak);
    } else if (auto& between = std::get<AlignedText>(part); !between.empty()) {
      begun = begun || holds(between, begin);
      if (!begun) continue;
      const auto first = between.front().begin;
      if (holds(between, end)) {
        if (first < stretch.shownBeforeEnd && loses(points[static_cast<std::size_t>(first)])) return std::nullopt;
        ended = true;
      }
      if (!encodePieces({std::move(between), {}}, stretch, tokens)) return std::nullopt;
    }
    if (end && ended) break;
  }
  if (!begun || !ended) return std::nullopt;
  postProcessor.trimOffsets(tokens, vocabulary);
  return tokens;
}

/// Tried on a text of two words, because what the parts leave open shows there.
Seam Tokenizer::Parts::findSeam() const {
  if ((!preTokenizer || preTokenizer->forgets()) && (!normalizer || normalizer->forgets()) &&
      tokensOf("a\na", {Seam::BehindBreak, std::nullopt, 2, 0})) {
    return Seam::BehindBreak;
  }
  if ((!preTokenizer || preTokenizer->forgetsBehindWord()) && (!normalizer || normalizer->forgetsBehindWord()) &&
      addedTokensLack.starts_with('\n') && tokensOf("a\na", {Seam::BetweenWords, 1, std::nullopt, 0})) {
    return Seam::BetweenWords;
  }
  return Seam::None;
}

std::optional<std::vector<Token>> Tokenizer::encodePart(std::string_view text, std::size_t begin,
                                                        std::size_t end) const {
  Stretch stretch;
  stretch.seam = seam();
  const auto place = [&text](std::size_t at) { return static_cast<std::int32_t>(countCodePoints(text.substr(0, at))); };
  if (begin > 0) {
    const auto shown = parts_->shownBefore(text, begin);
    text.remove_prefix(shown);
    begin -= shown;
    end -= shown;
    stretch.begin = place(begin);
  }
  if (end < text.size()) {
    stretch.end = place(end);
    if (stretch.seam == Seam::BetweenWords) {
      const auto shown = parts_->shownBefore(text, end);
      if (shown == end) return std::nullopt;
      stretch.shownBeforeEnd = place(shown);
    }
  }
  return parts_->tokensOf(text, stretch);
}

Seam Tokenizer::seam() const {
  return parts_->seam;
}

std::vector<Token> Tokenizer::tokensOf(std::string_view text) const {
  return *parts_->tokensOf(text, {});
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
