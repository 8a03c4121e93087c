// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rosa/expected.h"

namespace rosa::train {

/// A model folder's generation_config.json. Its end tokens are obeyed; how it would have texts chosen is not: texts are
/// greedy unless the settings of a generation say otherwise.
struct GenerationConfig {
  bool there = false;
  std::optional<std::int64_t> begin;
  std::vector<std::int64_t> ends;
  /// Settings that would change a text and are not used, as the file spells them: ("do_sample", "true").
  std::vector<std::pair<std::string, std::string>> unused;
  std::vector<std::pair<std::string, std::string>> unusedLengths;  ///< likewise: how long a text may or must be
};

/// Of a folder without the file: empty. Ids outside the vocabulary are left out, as everywhere.
[[nodiscard]] Expected<GenerationConfig> readGenerationConfig(const std::filesystem::path& folder,
                                                              std::int64_t vocabularySize);

/// "do_sample true, temperature 0.6"; empty if there is nothing.
[[nodiscard]] std::string inWords(const std::vector<std::pair<std::string, std::string>>& settings);

}  // namespace rosa::train
