// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/bpe.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <queue>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "text/json_fields.h"

namespace rosa::text {
namespace {

constexpr std::size_t kSmallWord = 256;  // symbols
constexpr std::size_t kJoinBits = 20;

std::uint64_t pairKey(std::int32_t left, std::int32_t right) {
  return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) | static_cast<std::uint32_t>(right);
}

/// A pair that may be merged: the place of its left symbol, the two ids as they were when it was seen, and its rank and
/// id as one.
struct Candidate {
  std::int32_t rank = 0, left = 0, leftId = 0, rightId = 0, id = 0;
  bool operator>(const Candidate& other) const { return std::tie(rank, left) > std::tie(other.rank, other.left); }
};

/// The lowest rank first, and the leftmost among equals.
class SmallQueue {
 public:
  void add(const Candidate& candidate) { open_.push(candidate); }
  std::optional<Candidate> next() {
    if (open_.empty()) return std::nullopt;
    const auto first = open_.top();
    open_.pop();
    return first;
  }

 private:
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> open_;
};

/// The same order for long words. A rank's candidates come from the left to the right nearly always, so each has a list
/// of its own, which takes and gives them in constant time; what comes too late for the list waits in a heap.
class LargeQueue {
 public:
  void add(const Candidate& candidate) {
    auto& rank = ranks_[candidate.rank];
    if (rank.list.size() > rank.taken && rank.list.back().left > candidate.left) {
      rank.late.push(candidate);
    } else {
      rank.list.push_back(candidate);
    }
  }
  std::optional<Candidate> next() {
    if (ranks_.empty()) return std::nullopt;
    const auto lowest = ranks_.begin();
    auto& rank = lowest->second;
    const bool listed = rank.taken < rank.list.size();
    const bool late = !rank.late.empty() && (!listed || rank.list[rank.taken] > rank.late.top());
    const auto first = late ? rank.late.top() : rank.list[rank.taken++];
    if (late) rank.late.pop();
    if (rank.taken == rank.list.size() && rank.late.empty()) ranks_.erase(lowest);
    return first;
  }

 private:
  struct OfRank {
    std::vector<Candidate> list;  ///< from the left to the right
    std::size_t taken = 0;
    std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> late;
  };
  std::map<std::int32_t, OfRank> ranks_;
};

Expected<std::string> optionalText(const base::Json& json, std::string_view key) {
  if (member(json, key).is_null()) return std::string();
  return textField(json, key, "model");
}

}  // namespace

Expected<BytePairEncoding> BytePairEncoding::fromJson(const base::Json& json, const Vocabulary& vocabulary) {
  BytePairEncoding bpe(vocabulary);
  ROSA_TRY(bpe.prefix_, optionalText(json, "continuing_subword_prefix"));
  ROSA_TRY(bpe.suffix_, optionalText(json, "end_of_word_suffix"));
  ROSA_TRY(bpe.fuseUnknown_, boolField(json, "fuse_unk", false, "model"));
  ROSA_TRY(bpe.ignoreMerges_, boolField(json, "ignore_merges", false, "model"));
  ROSA_TRY(const bool byteFallback, boolField(json, "byte_fallback", false, "model"));
  ROSA_TRY(const auto unknown, optionalText(json, "unk_token"));
  if (!unknown.empty()) {
    bpe.unknown_ = vocabulary.findOwn(unknown);
    if (!bpe.unknown_) return Error{fmt::format("model.unk_token {} is not in model.vocab.", base::inQuotes(unknown))};
  }
  if (byteFallback) bpe.bytes_ = byteTokens(vocabulary);
  // With a token for every byte no character is unknown, and none waits for the next one.
  const auto isKnown = [](const auto& id) { return id.has_value(); };
  if (bpe.bytes_ && std::ranges::all_of(*bpe.bytes_, isKnown) && bpe.prefix_.empty() && bpe.suffix_.empty() &&
      !bpe.ignoreMerges_) {
    bpe.joins_.resize(std::size_t{1} << kJoinBits);
  }
  ROSA_CHECK(bpe.readMerges(member(json, "merges")));
  return bpe;
}

Status BytePairEncoding::readMerges(const base::Json& json) {
  if (!json.is_array()) return Error{"model.merges must be a list."};
  std::int32_t rank = 0;
  for (const auto& entry : json) {
    std::string left, right;
    if (entry.is_string()) {
      const auto text = entry.get<std::string>();
      const auto space = text.find(' ');
      if (space == std::string::npos)
        return Error{fmt::format("model.merges[{}] must be two tokens with a space between.", rank)};
      left = text.substr(0, space);
      right = text.substr(space + 1);
    } else if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
      left = entry[0].get<std::string>();
      right = entry[1].get<std::string>();
    } else {
      return Error{fmt::format("model.merges[{}] must be two tokens.", rank)};
    }
    const auto leftId = vocabulary_->findOwn(left);
    const auto rightId = vocabulary_->findOwn(right);
    const auto joined = right.starts_with(prefix_) ? left + right.substr(prefix_.size()) : left + right;
    const auto id = vocabulary_->findOwn(joined);
    if (!leftId || !rightId || !id) {
      return Error{fmt::format("model.merges[{}] joins {} and {} to {}, which are not all in model.vocab.", rank,
                               base::inQuotes(left), base::inQuotes(right), base::inQuotes(joined))};
    }
    merges_.insert_or_assign(pairKey(*leftId, *rightId), Merge{rank, *id});
    noteJoin(left, right);
    ++rank;
  }
  return {};
}

/// Characters that share a place count as joined where one pair is.
std::size_t BytePairEncoding::joinOf(char32_t left, char32_t right) {
  const auto mixed = (static_cast<std::uint64_t>(left) << 32U | right) * 0x9E3779B97F4A7C15U;
  return static_cast<std::size_t>(mixed >> (64 - kJoinBits));
}

void BytePairEncoding::noteJoin(std::string_view left, std::string_view right) {
  if (joins_.empty()) return;
  const auto isByte = [this](std::string_view token) {
    return token.size() == 6 && std::ranges::find(*bytes_, vocabulary_->findOwn(token)) != bytes_->end();
  };
  if (left.empty() || right.empty() || isByte(left) || isByte(right)) return joins_.clear();
  auto last = left.size() - 1;
  while (last > 0 && isInsideCharacter(left[last])) --last;
  const auto before = codePoints(left.substr(last));
  const auto behind = codePoints(right.substr(0, std::min<std::size_t>(right.size(), 4)));
  joins_[joinOf(before.back(), behind.front())] = true;
}

const BytePairEncoding::Merge* BytePairEncoding::find(std::int32_t left, std::int32_t right) const {
  const auto found = merges_.find(pairKey(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

std::vector<BytePairEncoding::Symbol> BytePairEncoding::firstSymbols(AlignedView word) const {
  std::vector<Symbol> symbols;
  symbols.reserve(word.size());
  // Characters without a token wait for the next token of another kind; tokens of bytes go before them.
  std::optional<Symbol> waiting;
  const auto endWait = [&] {
    if (waiting) symbols.push_back(*waiting);
    waiting.reset();
  };
  std::string text;
  for (std::size_t i = 0; i < word.size(); ++i) {
    text.clear();
    if (i > 0) text += prefix_;
    const auto before = text.size();
    appendUtf8(text, word[i].value);
    const auto bytes = static_cast<std::int32_t>(text.size() - before);
    if (i + 1 == word.size()) text += suffix_;
    if (const auto id = vocabulary_->findOwn(text)) {
      endWait();
      symbols.push_back({.id = *id, .bytes = bytes});
    } else if (bytes_ && std::ranges::all_of(text, [this](char byte) { return tokenOf(byte).has_value(); })) {
      for (const char byte : text) symbols.push_back({.id = *tokenOf(byte), .bytes = 1});
    } else if (unknown_) {
      if (!fuseUnknown_) endWait();
      if (!waiting) waiting = Symbol{.id = *unknown_};
      waiting->bytes += bytes;
    }
  }
  endWait();
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    symbols[i].previous = static_cast<std::int32_t>(i) - 1;
    symbols[i].next = i + 1 < symbols.size() ? static_cast<std::int32_t>(i) + 1 : -1;
  }
  return symbols;
}

template <typename Queue>
void BytePairEncoding::mergeAll(std::vector<Symbol>& symbols) const {
  Queue open;
  const auto consider = [&](std::int32_t left) {
    if (left < 0) return;
    const auto& a = symbols[static_cast<std::size_t>(left)];
    if (a.next < 0) return;
    const auto& b = symbols[static_cast<std::size_t>(a.next)];
    if (const auto* merge = find(a.id, b.id)) open.add({merge->rank, left, a.id, b.id, merge->id});
  };
  for (std::size_t i = 0; i < symbols.size(); ++i) consider(static_cast<std::int32_t>(i));
  while (const auto merge = open.next()) {
    auto& a = symbols[static_cast<std::size_t>(merge->left)];
    if (!a.alive || a.id != merge->leftId || a.next < 0) continue;
    auto& b = symbols[static_cast<std::size_t>(a.next)];
    if (b.id != merge->rightId) continue;
    a.id = merge->id;
    a.bytes += b.bytes;
    b.alive = false;
    a.next = b.next;
    if (a.next >= 0) symbols[static_cast<std::size_t>(a.next)].previous = merge->left;
    consider(a.previous);
    consider(merge->left);
  }
}

/// The tokens of a word with the first and the last code point of it that each stands for.
std::vector<Token> BytePairEncoding::tokensInside(AlignedView word) const {
  if (ignoreMerges_) {
    if (const auto id = vocabulary_->findOwn(toUtf8(word)))
      return {{*id, 0, static_cast<std::int32_t>(word.size()) - 1}};
  }
  auto symbols = firstSymbols(word);
  if (symbols.size() <= kSmallWord) {
    mergeAll<SmallQueue>(symbols);
  } else {
    mergeAll<LargeQueue>(symbols);
  }
  std::vector<Token> inside;
  std::size_t at = 0;      // code point of the word
  std::size_t within = 0;  // bytes of it that are taken
  for (const auto& symbol : symbols) {
    if (!symbol.alive) continue;
    const auto first = std::min(at, word.size() - 1);
    auto last = first;
    within += static_cast<std::size_t>(symbol.bytes);
    while (at < word.size() && within > 0) {
      last = at;
      const auto length = utf8Length(word[at].value);
      if (within < length) break;
      within -= length;
      ++at;
    }
    inside.push_back({symbol.id, static_cast<std::int32_t>(first), static_cast<std::int32_t>(last)});
  }
  return inside;
}

void BytePairEncoding::encode(AlignedView word, std::vector<Token>& tokens) const {
  auto& cache = caches_.get();
  const auto encodePart = [&](AlignedView part) {
    cache.encode(
        part, [this](AlignedView whole) { return tokensInside(whole); }, tokens);
  };
  if (joins_.empty() || word.size() <= WordCache::kLongestWord) return encodePart(word);
  std::size_t begin = 0;
  for (std::size_t at = 1; at < word.size(); ++at) {
    if (!divides(word, at)) continue;
    encodePart(word.subspan(begin, at - begin));
    begin = at;
  }
  encodePart(word.subspan(begin));
}

}  // namespace rosa::text
