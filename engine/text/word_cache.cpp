// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/word_cache.h"

#include <algorithm>
#include <bit>

namespace rosa::text {
namespace {

constexpr std::size_t kSlots = std::size_t{1} << 17U;
constexpr std::size_t kMostWords = 80'000;  // so that a search meets a free slot soon

}  // namespace

std::uint64_t WordCache::hashOf(AlignedView word) {
  constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15U;
  std::uint64_t hash = word.size();
  for (const auto& c : word) hash = (std::rotl(hash, 5) ^ c.value) * kFactor;
  return hash ^ (hash >> 32U);
}

bool WordCache::holds(const Slot& slot, std::uint64_t hash, AlignedView word) const {
  return slot.hash == hash && slot.keySize == word.size() &&
         std::ranges::equal(word, std::span(keys_).subspan(slot.key, slot.keySize), {}, &AlignedChar::value);
}

std::optional<std::span<const Token>> WordCache::find(AlignedView word) const {
  if (slots_.empty()) return std::nullopt;
  const auto hash = hashOf(word);
  for (auto at = hash % kSlots; slots_[at].keySize > 0; at = (at + 1) % kSlots) {
    const auto& slot = slots_[at];
    if (holds(slot, hash, word)) return std::span(tokens_).subspan(slot.tokens, slot.tokenCount);
  }
  return std::nullopt;
}

void WordCache::add(AlignedView word, std::span<const Token> tokens) {
  if (word.empty() || word.size() > kLongestWord || used_ == kMostWords) return;
  if (slots_.empty()) slots_.resize(kSlots);
  const auto hash = hashOf(word);
  auto at = hash % kSlots;
  while (slots_[at].keySize > 0) at = (at + 1) % kSlots;
  slots_[at] = {hash, static_cast<std::uint32_t>(keys_.size()), static_cast<std::uint32_t>(tokens_.size()),
                static_cast<std::uint16_t>(word.size()), static_cast<std::uint16_t>(tokens.size())};
  for (const auto& c : word) keys_.push_back(c.value);
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  ++used_;
}

}  // namespace rosa::text
