// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "generate/search.h"

/// A model that is a function, and the loop that asks it.
namespace rosa::generate {

using Ids = std::vector<std::int64_t>;

/// Scores for the token after these.
using Scores = std::function<std::vector<float>(const Ids&)>;

/// What a search makes of an empty prompt.
inline std::vector<Continuation> searched(Search& search, const Scores& scores) {
  std::vector<Ids> sequences(1);
  while (!sequences.empty()) {
    std::vector<float> rows;
    for (const auto& sequence : sequences) {
      const auto row = scores(sequence);
      rows.insert(rows.end(), row.begin(), row.end());
    }
    std::vector<Ids> longer;
    for (const auto& [parent, token] : search.advance(rows)) {
      longer.push_back(sequences.at(parent));
      longer.back().push_back(token);
    }
    sequences = std::move(longer);
  }
  return search.take();
}

inline std::vector<Continuation> searched(const GenerationSettings& settings, const Ids& ends, const Scores& scores) {
  SearchStart start;
  start.ends = ends;
  start.maxNewTokens = settings.maxNewTokens;
  return searched(*makeSearch(settings, std::move(start)), scores);
}

}  // namespace rosa::generate
