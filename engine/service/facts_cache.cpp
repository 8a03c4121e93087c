// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/facts_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "data/shards.h"

namespace rosa::service {

namespace {

/// Texts of any kind follow one another, so each brings its length.
void append(std::string& key, const std::string& text) {
  key += fmt::format("{}:{};", text.size(), text);
}

std::string keyOf(const std::filesystem::path& file, const data::ExampleSpec& spec, const std::string& encoderKey,
                  const data::LabelMap* given) {
  std::string key = stateOfFile(file);
  if (const auto shards = data::shardsOf(file)) {
    for (const auto& shard : *shards) append(key, stateOfFile(shard));
  }
  key += fmt::format("|{}|{}|{}|{}|{}|{}|{}|{}|", static_cast<int>(spec.task), static_cast<int>(spec.lossOn),
                     static_cast<int>(spec.shape), static_cast<int>(spec.header), static_cast<int>(spec.quotes),
                     spec.skipBad, spec.maxLength, spec.maxRows);
  for (const auto* text : {&spec.text, &spec.textPair, &spec.label, &spec.prompt, &spec.completion, &encoderKey}) {
    append(key, *text);
  }
  if (spec.separator) append(key, *spec.separator);
  if (given != nullptr) {
    key += '|';
    for (const auto& name : given->names()) append(key, name);
  }
  return key;
}

}  // namespace

std::string stateOfFile(const std::filesystem::path& file) {
  std::error_code ignored;
  const auto size = std::filesystem::file_size(file, ignored);
  const auto changed = std::filesystem::last_write_time(file, ignored).time_since_epoch().count();
  return fmt::format("{}|{}|{}", file.native(), size, changed);
}

Expected<data::ExampleFacts> FactsCache::factsOf(const std::filesystem::path& file, const data::ExampleSpec& spec,
                                                 const data::TextEncoder& encoder, const std::string& encoderKey,
                                                 const data::LabelMap* given, const std::function<bool()>& giveUp) {
  constexpr std::size_t kMost = 16;
  const auto key = keyOf(file, spec, encoderKey, given);
  {
    const std::lock_guard lock(mutex_);
    const auto known = std::ranges::find(entries_, key, &Entry::first);
    if (known != entries_.end()) {
      entries_.splice(entries_.begin(), entries_, known);
      return known->second;
    }
  }
  bool gaveUp = false;
  data::MeasureLimits limits;
  limits.giveUp = [&] { return gaveUp = gaveUp || (giveUp && giveUp()); };
  auto facts = data::measureExamples(file, spec, encoder, given, limits);
  // A file that was written to meanwhile is measured again.
  if (gaveUp || keyOf(file, spec, encoderKey, given) != key) return facts;
  const std::lock_guard lock(mutex_);
  entries_.emplace_front(key, facts);
  if (entries_.size() > kMost) entries_.pop_back();
  return facts;
}

}  // namespace rosa::service
