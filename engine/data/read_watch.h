// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fmt/format.h>

#include <filesystem>

#include "base/text.h"
#include "data/examples.h"
#include "rosa/expected.h"

/// What is said to, and asked of, whoever waits for a file to be read.
namespace rosa::data {

[[nodiscard]] inline Error readingGivenUp() {
  return Error{"The question is no longer asked."};
}

inline void tellCut(const ReadOptions& options, const std::filesystem::path& file, double share) {
  if (!options.progress) return;
  options.progress(share, fmt::format("Cutting {} into tokens", base::printable(file.filename().native())));
}

}  // namespace rosa::data
