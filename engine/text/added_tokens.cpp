// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/added_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/text.h"
#include "text/json_fields.h"

namespace rosa::text {
namespace {

constexpr std::int64_t kLargestId = std::numeric_limits<std::int32_t>::max();

}  // namespace

Expected<AddedTokens> AddedTokens::fromJson(const base::Json& json, const Vocabulary& vocabulary) {
  AddedTokens tokens;
  if (json.is_null()) return tokens;
  if (!json.is_array()) return Error{"added_tokens must be a list."};
  std::int64_t next = vocabulary.ownCount();
  std::size_t count = 0;
  for (const auto& item : json) {
    const auto place = fmt::format("added_tokens[{}]", count++);
    Entry entry;
    ROSA_TRY(entry.id, tokenId(member(item, "id"), place + ".id"));
    ROSA_TRY(entry.content, textField(item, "content", place));
    ROSA_TRY(entry.singleWord, boolField(item, "single_word", false, place));
    ROSA_TRY(entry.leftStrip, boolField(item, "lstrip", false, place));
    ROSA_TRY(entry.rightStrip, boolField(item, "rstrip", false, place));
    ROSA_TRY(entry.special, boolField(item, "special", false, place));
    ROSA_TRY(entry.normalized, boolField(item, "normalized", !entry.special, place));
    if (const auto* known = tokens.find(entry.content)) {
      entry.id = known->id;
    } else if (!entry.content.empty()) {
      const auto own = vocabulary.findOwn(entry.content);
      const auto right = own ? *own : static_cast<std::int32_t>(std::min<std::int64_t>(next++, kLargestId));
      if (right != entry.id) {
        tokens.remarks_.push_back(fmt::format("{} ({}) has id {}, but is token {} as the tokenizers library counts.",
                                              place, base::inQuotes(entry.content), entry.id, right));
        entry.id = right;
      }
    }
    tokens.put(std::move(entry));
  }
  return tokens;
}

void AddedTokens::put(Entry entry) {
  if (entry.content.empty()) return;
  special_[entry.id] = entry.special;
  if (entry.special) specialTexts_.insert(entry.content);
  const auto [place, isNew] = places_.try_emplace(entry.content, entries_.size());
  if (isNew) {
    entries_.push_back(std::move(entry));
  } else {
    entries_[place->second] = std::move(entry);
  }
}

const AddedTokens::Entry* AddedTokens::find(std::string_view content) const {
  const auto found = places_.find(std::string(content));
  return found == places_.end() ? nullptr : &entries_[found->second];
}

std::string AddedTokens::shownText(const Entry& entry) const {
  const auto shown = shown_.find(entry.id);
  return shown == shown_.end() ? entry.content : shown->second;
}

AddedTokens::Needles AddedTokens::needlesOf(const std::vector<std::pair<std::string, std::int32_t>>& texts) {
  Needles needles{ByteTrie({texts.begin(), texts.end()}), {}, !texts.empty()};
  for (const auto& [text, entry] : texts) {
    if (!text.empty()) needles.first[static_cast<unsigned char>(text.front())] = true;
  }
  return needles;
}

void AddedTokens::prepare(const Normalizer* normalizer) {
  std::vector<std::pair<std::string, std::int32_t>> raw, normalized;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto& entry = entries_[i];
    auto text = entry.content;
    if (entry.normalized && normalizer != nullptr) {
      AlignedText aligned;
      for (const char32_t c : codePoints(text)) aligned.push_back({c, 0, 0});
      normalizer->apply(aligned);
      text = toUtf8(aligned);
      if (text != entry.content) shown_[entry.id] = text;
    }
    (entry.normalized ? normalized : raw).emplace_back(std::move(text), static_cast<std::int32_t>(i));
  }
  raw_ = needlesOf(raw);
  normalized_ = needlesOf(normalized);
}

bool AddedTokens::isSpecial(std::int32_t id) const {
  const auto found = special_.find(id);
  return found != special_.end() && found->second;
}

std::pair<std::int32_t, std::size_t> AddedTokens::longestAt(const AlignedText& text, std::size_t at,
                                                            const ByteTrie& trie) {
  std::pair<std::int32_t, std::size_t> found = {ByteTrie::kNothing, at};
  std::int32_t node = ByteTrie::kNothing;
  std::string utf8;
  for (std::size_t i = at; i < text.size(); ++i) {
    utf8.clear();
    appendUtf8(utf8, text[i].value);
    for (const char byte : utf8) {
      node = trie.next(node, static_cast<unsigned char>(byte));
      if (node == ByteTrie::kNothing) return found;
    }
    if (const auto entry = trie.valueAt(node); entry != ByteTrie::kNothing) found = {entry, i + 1};
  }
  return found;
}

void AddedTokens::cut(AlignedText text, const Needles& needles, std::vector<Part>& parts) const {
  // Nearly no place of a text begins a token, which its first byte tells.
  const auto mayBegin = [&needles](char32_t c) {
    const auto first = c < 0x80 ? c : c < 0x800 ? 0xC0 | (c >> 6) : c < 0x10000 ? 0xE0 | (c >> 12) : 0xF0 | (c >> 18);
    return needles.first[first & 0xFF];
  };
  const auto piece = [&text](std::size_t from, std::size_t to) {
    return AlignedText(text.begin() + static_cast<std::ptrdiff_t>(from),
                       text.begin() + static_cast<std::ptrdiff_t>(to));
  };
  std::size_t done = 0;
  std::size_t spaceEnd = 0;  // of the white space that was last walked through
  for (std::size_t at = 0; needles.any && at < text.size();) {
    if (!mayBegin(text[at].value)) {
      ++at;
      continue;
    }
    const auto [place, matchEnd] = longestAt(text, at, needles.trie);
    if (place == ByteTrie::kNothing) {
      ++at;
      continue;
    }
    const auto& entry = entries_[static_cast<std::size_t>(place)];
    std::size_t begin = at;
    std::size_t end = matchEnd;
    // The search goes on behind the match, not behind the space that the token takes: what stands there may be a
    // token too.
    at = matchEnd;
    if (entry.singleWord && ((begin > 0 && isWordCharacter(text[begin - 1].value)) ||
                             (end < text.size() && isWordCharacter(text[end].value)))) {
      continue;
    }
    if (entry.leftStrip) {
      while (begin > done && isWhiteSpace(text[begin - 1].value)) --begin;
      begin = std::min(std::max(begin, done), end);
    }
    if (entry.rightStrip && end < text.size() && isWhiteSpace(text[end].value)) {
      spaceEnd = std::max(spaceEnd, end);
      while (spaceEnd < text.size() && isWhiteSpace(text[spaceEnd].value)) ++spaceEnd;
      end = spaceEnd;
    }
    if (begin > done) parts.emplace_back(piece(done, begin));
    parts.emplace_back(Token{entry.id, begin < end ? text[begin].begin : text[end - 1].end, text[end - 1].end});
    done = end;
  }
  if (done == 0) {
    if (!text.empty()) parts.emplace_back(std::move(text));
  } else if (done < text.size()) {
    parts.emplace_back(piece(done, text.size()));
  }
}

std::vector<AddedTokens::Part> AddedTokens::split(AlignedText text, const Normalizer* normalizer) const {
  std::vector<Part> rawParts;
  cut(std::move(text), raw_, rawParts);
  std::vector<Part> parts;
  for (auto& part : rawParts) {
    if (auto* between = std::get_if<AlignedText>(&part)) {
      if (normalizer != nullptr) normalizer->apply(*between);
      cut(std::move(*between), normalized_, parts);
    } else {
      parts.push_back(std::move(part));
    }
  }
  return parts;
}

}  // namespace rosa::text
