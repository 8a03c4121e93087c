// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

/// Where the reference vectors, data and models lie: the folders golden, data and models of `shared`, beside the
/// checkout, unless ROSA_GOLDEN, ROSA_DATA and ROSA_MODELS name others. Where the vectors are missing, the small
/// licence-free part in tests/golden stands in; what it lacks, and what needs the other two, is skipped with a reason.
namespace rosa::test {

inline std::filesystem::path sourceDirectory() {
  if (const char* fromCtest = std::getenv("ROSA_SOURCE_DIR")) return fromCtest;
  return std::filesystem::current_path();
}

inline std::filesystem::path sharedFolder(const char* variable, const char* name) {
  if (const char* given = std::getenv(variable); given != nullptr && *given != '\0') return given;
  return sourceDirectory().parent_path() / "shared" / name;
}

/// The small part, and what was added to it.
inline std::filesystem::path ownGoldenDirectory() {
  return sourceDirectory() / "tests" / "golden";
}
inline std::filesystem::path goldenDirectory() {
  static const std::filesystem::path kFolder = [] {
    auto folder = sharedFolder("ROSA_GOLDEN", "golden");
    if (std::filesystem::is_directory(folder)) return folder;
    const auto small = ownGoldenDirectory();
    std::cout << "There is no folder " << folder << " (ROSA_GOLDEN). The small part in " << small
              << " is used, and cases that it lacks are skipped." << std::endl;
    return small;
  }();
  return kFolder;
}
inline std::filesystem::path dataDirectory() {
  return sharedFolder("ROSA_DATA", "data");
}
inline std::filesystem::path modelsDirectory() {
  return sharedFolder("ROSA_MODELS", "models");
}

}  // namespace rosa::test
