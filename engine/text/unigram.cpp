// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/unigram.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "text/json_fields.h"

namespace rosa::text {
namespace {

constexpr double kUnknownPenalty = 10;  // as SentencePiece has it

}  // namespace

Expected<Unigram> Unigram::fromJson(const base::Json& json, const Vocabulary& vocabulary) {
  Unigram unigram(vocabulary);
  const auto& pieces = member(json, "vocab");
  const auto& unknown = member(json, "unk_id");
  if (unknown.is_null()) {
    return Error{"model.unk_id must be the id of the token for characters that no piece covers; it is missing."};
  }
  ROSA_TRY(unigram.unknown_, tokenId(unknown, "model.unk_id"));
  if (static_cast<std::size_t>(unigram.unknown_) >= pieces.size()) {
    return Error{fmt::format("model.unk_id is {}, but model.vocab holds {} pieces.", unigram.unknown_, pieces.size())};
  }
  double worst = std::numeric_limits<double>::infinity();
  std::vector<std::pair<std::string_view, std::int32_t>> texts;
  texts.reserve(pieces.size());
  for (const auto& piece : pieces) {
    const auto id = static_cast<std::int32_t>(texts.size());
    if (!piece.is_array() || piece.size() != 2 || !piece[0].is_string() || !piece[1].is_number())
      return Error{fmt::format("model.vocab[{}] must be [piece, log-probability].", id)};
    texts.emplace_back(piece[0].get_ref<const std::string&>(), id);
    unigram.scores_.push_back(piece[1].get<double>());
    worst = std::min(worst, unigram.scores_.back());
  }
  unigram.unknownScore_ = worst - kUnknownPenalty;
  unigram.pieces_ = ByteTrie(std::move(texts));
  ROSA_TRY(const bool byteFallback, boolField(json, "byte_fallback", false, "model"));
  if (byteFallback) unigram.bytes_ = byteTokens(vocabulary);
  return unigram;
}

std::vector<Unigram::Step> Unigram::bestSteps(std::string_view utf8, const std::vector<std::size_t>& starts) const {
  const auto length = starts.size() - 1;
  std::vector<Step> best(length + 1);
  const auto offer = [&best](std::size_t place, std::size_t from, double score, std::int32_t id) {
    auto& step = best[place];
    if (step.from < 0 || score > step.score) step = {score, static_cast<std::int32_t>(from), id};
  };
  for (std::size_t from = 0; from < length; ++from) {
    const double reached = best[from].score;
    bool alone = false;  // a piece is this character and no more
    std::int32_t node = ByteTrie::kNothing;
    for (std::size_t last = from; last < length; ++last) {
      for (std::size_t at = starts[last]; at < starts[last + 1]; ++at) {
        node = pieces_.next(node, static_cast<unsigned char>(utf8[at]));
        if (node == ByteTrie::kNothing) break;
      }
      if (node == ByteTrie::kNothing) break;
      const auto id = pieces_.valueAt(node);
      if (id == ByteTrie::kNothing) continue;
      offer(last + 1, from, reached + scores_[static_cast<std::size_t>(id)], id);
      alone = alone || last == from;
    }
    if (!alone) offer(from + 1, from, reached + unknownScore_, unknown_);
  }
  return best;
}

void Unigram::pushUnknown(std::string_view utf8, std::int32_t first, std::int32_t last,
                          std::vector<Token>& tokens) const {
  // Written out, the unknown token is a piece like any other.
  if (utf8.size() <= vocabulary_->longestOwn()) {
    if (const auto id = vocabulary_->findOwn(utf8)) {
      tokens.push_back({*id, first, last});
      return;
    }
  }
  const auto hasToken = [this](char byte) { return (*bytes_)[static_cast<unsigned char>(byte)].has_value(); };
  if (bytes_ && std::ranges::all_of(utf8, hasToken)) {
    for (const char byte : utf8) tokens.push_back({*(*bytes_)[static_cast<unsigned char>(byte)], first, last});
  } else {
    tokens.push_back({unknown_, first, last});
  }
}

std::vector<Token> Unigram::tokensInside(AlignedView word) const {
  std::string utf8;
  utf8.reserve(word.size());
  std::vector<std::size_t> starts;  // in bytes, of each code point and the end
  starts.reserve(word.size() + 1);
  for (const auto& c : word) {
    starts.push_back(utf8.size());
    appendUtf8(utf8, c.value);
  }
  starts.push_back(utf8.size());
  const auto best = bestSteps(utf8, starts);

  std::vector<std::pair<std::int32_t, std::int32_t>> ends;  // of the path, from behind: code point and id
  for (auto end = static_cast<std::int32_t>(word.size()); end > 0;) {
    const auto& step = best[static_cast<std::size_t>(end)];
    const bool joins = step.id == unknown_ && !ends.empty() && ends.back().second == unknown_;
    if (!joins) ends.emplace_back(end, step.id);
    end = step.from;
  }
  std::vector<Token> inside;
  std::size_t begin = 0;
  for (auto at = ends.rbegin(); at != ends.rend(); ++at) {
    const auto [last, id] = *at;
    const auto end = static_cast<std::size_t>(last);
    const auto first = static_cast<std::int32_t>(begin);
    if (id == unknown_) {
      pushUnknown(std::string_view(utf8).substr(starts[begin], starts[end] - starts[begin]), first, last - 1, inside);
    } else {
      inside.push_back({id, first, last - 1});
    }
    begin = end;
  }
  return inside;
}

}  // namespace rosa::text
