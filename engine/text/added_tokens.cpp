// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/added_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "text/json_fields.h"

namespace rosa::text {

Expected<AddedTokens> AddedTokens::fromJson(const base::Json& json) {
  AddedTokens tokens;
  if (json.is_null()) return tokens;
  if (!json.is_array()) return Error{"added_tokens must be a list."};
  for (const auto& item : json) {
    const auto place = fmt::format("added_tokens[{}]", tokens.entries_.size());
    Entry entry;
    ROSA_TRY(entry.id, tokenId(member(item, "id"), place + ".id"));
    ROSA_TRY(entry.content, textField(item, "content", place));
    ROSA_TRY(entry.singleWord, boolField(item, "single_word", false, place));
    ROSA_TRY(entry.leftStrip, boolField(item, "lstrip", false, place));
    ROSA_TRY(entry.rightStrip, boolField(item, "rstrip", false, place));
    ROSA_TRY(entry.special, boolField(item, "special", false, place));
    ROSA_TRY(entry.normalized, boolField(item, "normalized", !entry.special, place));
    tokens.special_[entry.id] = entry.special;
    tokens.entries_.push_back(std::move(entry));
  }
  return tokens;
}

void AddedTokens::put(Entry entry) {
  special_[entry.id] = entry.special;
  const auto same = std::ranges::find(entries_, entry.content, &Entry::content);
  if (same == entries_.end()) {
    entries_.push_back(std::move(entry));
  } else {
    *same = std::move(entry);
  }
}

const AddedTokens::Entry* AddedTokens::find(std::string_view content) const {
  const auto found = std::ranges::find(entries_, content, &Entry::content);
  return found == entries_.end() ? nullptr : &*found;
}

std::string AddedTokens::shownText(const Entry& entry) const {
  const auto shown = shown_.find(entry.id);
  return shown == shown_.end() ? entry.content : shown->second;
}

void AddedTokens::prepare(const Normalizer* normalizer) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto& entry = entries_[i];
    auto text = codePoints(entry.content);
    if (entry.normalized && normalizer != nullptr) {
      AlignedText aligned;
      for (const char32_t c : text) aligned.push_back({c, 0, 0});
      normalizer->apply(aligned);
      text.clear();
      for (const auto& c : aligned) text += c.value;
      if (auto shown = toUtf8(text); shown != entry.content) shown_[entry.id] = std::move(shown);
    }
    if (text.empty()) continue;
    auto& needles = (entry.normalized ? normalized_ : raw_)[text.front()];
    needles.push_back({std::move(text), i});
  }
  for (auto* needles : {&raw_, &normalized_}) {
    for (auto& [first, list] : *needles) {
      std::stable_sort(list.begin(), list.end(),
                       [](const Needle& a, const Needle& b) { return a.text.size() > b.text.size(); });
    }
  }
}

bool AddedTokens::isSpecial(std::int32_t id) const {
  const auto found = special_.find(id);
  return found != special_.end() && found->second;
}

void AddedTokens::cut(const AlignedText& text, const Needles& needles, std::vector<Part>& parts) const {
  const auto matchesAt = [&text](std::size_t at, const std::u32string& needle) {
    return at + needle.size() <= text.size() &&
           std::equal(needle.begin(), needle.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
                      [](char32_t a, const AlignedChar& b) { return a == b.value; });
  };
  const auto piece = [&text](std::size_t from, std::size_t to) {
    return AlignedText(text.begin() + static_cast<std::ptrdiff_t>(from),
                       text.begin() + static_cast<std::ptrdiff_t>(to));
  };
  std::size_t done = 0;
  std::size_t at = 0;
  while (at < text.size() && !needles.empty()) {
    const auto list = needles.find(text[at].value);
    const Needle* match = nullptr;
    if (list != needles.end()) {
      for (const auto& needle : list->second) {
        if (matchesAt(at, needle.text)) {
          match = &needle;
          break;
        }
      }
    }
    if (match == nullptr) {
      ++at;
      continue;
    }
    const auto& entry = entries_[match->entry];
    std::size_t begin = at;
    std::size_t end = at + match->text.size();
    at = end;
    if (entry.singleWord && ((begin > 0 && isWordCharacter(text[begin - 1].value)) ||
                             (end < text.size() && isWordCharacter(text[end].value)))) {
      continue;
    }
    if (entry.leftStrip) {
      while (begin > done && isWhiteSpace(text[begin - 1].value)) --begin;
    }
    if (entry.rightStrip) {
      while (end < text.size() && isWhiteSpace(text[end].value)) ++end;
      at = std::max(at, end);
    }
    if (begin > done) parts.emplace_back(piece(done, begin));
    parts.emplace_back(Token{entry.id, text[begin].begin, text[end - 1].end});
    done = end;
  }
  if (done == 0) {
    if (!text.empty()) parts.emplace_back(text);
  } else if (done < text.size()) {
    parts.emplace_back(piece(done, text.size()));
  }
}

std::vector<AddedTokens::Part> AddedTokens::split(AlignedText text, const Normalizer* normalizer) const {
  std::vector<Part> rawParts;
  cut(text, raw_, rawParts);
  std::vector<Part> parts;
  for (auto& part : rawParts) {
    if (auto* between = std::get_if<AlignedText>(&part)) {
      if (normalizer != nullptr) normalizer->apply(*between);
      cut(*between, normalized_, parts);
    } else {
      parts.push_back(std::move(part));
    }
  }
  return parts;
}

}  // namespace rosa::text
