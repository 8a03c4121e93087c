// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/facts_cache.h"

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
  if (auto known = models_.find(state)) return *std::move(known);
  auto files = std::make_shared<const ModelFiles>(readModelFiles(model, state));
  // A folder that was written to meanwhile is read again.
  if (stateOfFolder(model) == state) models_.add(state, files, kMost);
  return files;
}

Expected<data::ExampleFacts> FactsCache::factsOf(const std::filesystem::path& file, const data::ExampleSpec& spec,
                                                 const data::TextEncoder& encoder, const std::string& encoderKey,
                                                 const data::LabelMap* given, const std::function<bool()>& giveUp) {
  constexpr std::size_t kMost = 16;
  const auto key = keyOf(file, spec, encoderKey, given);
  if (auto known = data_.find(key)) return *std::move(known);
  bool gaveUp = false;
  data::MeasureLimits limits;
  limits.giveUp = [&] { return gaveUp = gaveUp || (giveUp && giveUp()); };
  auto facts = data::measureExamples(file, spec, encoder, given, limits);
  // A file that was written to meanwhile is measured again.
  if (!gaveUp && keyOf(file, spec, encoderKey, given) == key) data_.add(key, facts, kMost);
  return facts;
}

}  // namespace rosa::service
