// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/parts.h"

#include <limits>
#include <utility>

namespace rosa::experiment {

double figureOf(const base::Json& result, const std::string& key) {
  const auto found = result.find(key);
  const bool there = found != result.end() && found->is_number();
  return there ? found->get<double>() : std::numeric_limits<double>::quiet_NaN();
}

namespace {

/// Reads what is stored and not read yet.
Status load(const ExperimentFolder& folder, const std::vector<std::string>& names, PartResults& results) {
  for (const auto& name : names) {
    if (results.contains(name) || !folder.has(name)) continue;
    ROSA_TRY(results[name], folder.load(name));
  }
  return {};
}

}  // namespace

Expected<ExperimentReport> makeParts(const ExperimentFolder& folder, const ExperimentWatch& watch,
                                     const std::vector<std::string>& names, const PartMaker& maker) {
  PartResults results;
  const auto tellProgress = [&] {
    if (watch.progress) watch.progress(std::ssize(results), std::ssize(names));
  };
  ROSA_CHECK(load(folder, names, results));
  tellProgress();
  for (std::size_t part = 0; part < names.size(); ++part) {
    if (results.contains(names[part])) continue;
    if (watch.stop && watch.stop()) break;
    ROSA_TRY(const auto claim, folder.claim(names[part]));
    if (!claim) continue;
    if (folder.has(names[part])) continue;  // made meanwhile
    ROSA_TRY(auto result, maker.make(part));
    if (!result) break;
    ROSA_CHECK(folder.store(names[part], *result));
    // Read back, so that a page says the same however often the experiment was interrupted; with what others made.
    ROSA_CHECK(load(folder, names, results));
    tellProgress();
    if (results.size() < names.size()) ROSA_CHECK(maker.writePage(results));
  }
  ROSA_CHECK(load(folder, names, results));
  if (results.size() == names.size()) folder.dropClaims();
  ROSA_CHECK(maker.writePage(results));
  return ExperimentReport{folder.path(), std::ssize(names), std::ssize(results)};
}

}  // namespace rosa::experiment
