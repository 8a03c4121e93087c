// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/facts_cache.h"

#include <algorithm>

#include "data/set_key.h"
#include "data/shards.h"

namespace rosa::service {

namespace {

std::string keyOf(const std::filesystem::path& file, const data::ExampleSpec& spec, const std::string& encoderKey,
                  const data::LabelMap* given) {
  auto key = data::stateOfFile(file);
  if (const auto shards = data::shardsOf(file)) {
    for (const auto& shard : *shards) data::appendToKey(key, data::stateOfFile(shard));
  }
  key += data::keyOfReading(spec, given, encoderKey);
  return key;
}

}  // namespace

std::shared_ptr<const ModelFiles> FactsCache::filesOf(const std::filesystem::path& model) {
  constexpr std::size_t kMost = 2;  // a tokenizer takes tens of megabytes
  const auto state = stateOfFolder(model);
  {
    const std::lock_guard lock(mutex_);
    const auto known = std::ranges::find(models_, state, [](const auto& files) { return files->state; });
    if (known != models_.end()) {
      models_.splice(models_.begin(), models_, known);
      return *known;
    }
  }
  auto files = std::make_shared<const ModelFiles>(readModelFiles(model));
  // A folder that was written to meanwhile is read again.
  if (files->state != state || stateOfFolder(model) != state) return files;
  const std::lock_guard lock(mutex_);
  models_.push_front(files);
  if (models_.size() > kMost) models_.pop_back();
  return files;
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
