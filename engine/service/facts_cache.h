// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "data/examples.h"
#include "service/model_files.h"

namespace rosa::service {

/// The values that were asked for last, by their keys. Any thread.
template <typename Value>
class Recent {
 public:
  [[nodiscard]] std::optional<Value> find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto known = std::ranges::find(entries_, key, &Entry::first);
    if (known == entries_.end()) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, known);
    return known->second;
  }
  /// Of more than `most` the one that was not asked for longest goes.
  void add(const std::string& key, const Value& value, std::size_t most) {
    const std::lock_guard lock(mutex_);
    entries_.emplace_front(key, value);
    if (entries_.size() > most) entries_.pop_back();
  }

 private:
  using Entry = std::pair<std::string, Value>;

  std::mutex mutex_;
  std::list<Entry> entries_;  ///< the one asked for last comes first
};

/// The facts of models and data files, each read once for the same settings as long as its files do not change. A plan
/// is asked for at each pause in typing, and most settings leave these facts as they are. Any thread.
class FactsCache {
 public:
  /// Never null.
  [[nodiscard]] std::shared_ptr<const ModelFiles> filesOf(const std::filesystem::path& model);

  /// `encoderKey` stands for all that the encoder depends on.
  [[nodiscard]] Expected<data::ExampleFacts> factsOf(const std::filesystem::path& file, const data::ExampleSpec& spec,
                                                     const data::TextEncoder& encoder, const std::string& encoderKey,
                                                     const data::LabelMap* given, const std::function<bool()>& giveUp);

 private:
  Recent<std::shared_ptr<const ModelFiles>> models_;
  Recent<Expected<data::ExampleFacts>> data_;
};

}  // namespace rosa::service
