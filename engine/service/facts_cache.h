// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <utility>

#include "data/examples.h"

namespace rosa::service {

/// The facts of data files, each file measured once for the same settings and tokenizer as long as it does not change.
/// A plan is asked for at each pause in typing, and most settings leave these facts as they are. Any thread.
class FactsCache {
 public:
  /// `encoderKey` stands for all that the encoder depends on.
  [[nodiscard]] Expected<data::ExampleFacts> factsOf(const std::filesystem::path& file, const data::ExampleSpec& spec,
                                                     const data::TextEncoder& encoder, const std::string& encoderKey,
                                                     const data::LabelMap* given, const std::function<bool()>& giveUp);

 private:
  using Entry = std::pair<std::string, Expected<data::ExampleFacts>>;

  std::mutex mutex_;
  std::list<Entry> entries_;  ///< the one asked for last comes first
};

}  // namespace rosa::service
