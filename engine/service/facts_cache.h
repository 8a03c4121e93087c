// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "data/examples.h"
#include "service/model_files.h"

namespace rosa::service {

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
  using Entry = std::pair<std::string, Expected<data::ExampleFacts>>;

  std::mutex mutex_;
  std::list<std::shared_ptr<const ModelFiles>> models_;  ///< the one asked for last comes first, of these and of those
  std::list<Entry> entries_;
};

}  // namespace rosa::service
