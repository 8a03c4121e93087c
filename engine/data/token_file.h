// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/file.h"
#include "data/examples.h"
#include "rosa/expected.h"

/// The format of a token store's files: "ROSATOK1", the key, the set, and the SHA-256 of all before it, numbers with
/// the lowest byte first.
namespace rosa::data {

/// Under a temporary name first; `key` has 64 characters.
[[nodiscard]] Status writeTokenFile(base::FileSystem& files, const std::filesystem::path& path, const std::string& key,
                                    const ExampleSet& set);

/// Nothing where the file is missing, cut, changed or of another key. Takes no more memory than a few times the file's
/// bytes, whatever it says.
[[nodiscard]] std::optional<ExampleSet> readTokenFile(base::FileSystem& files, const std::filesystem::path& path,
                                                      const std::string& key);

}  // namespace rosa::data
