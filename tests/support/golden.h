// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

/// Where the reference vectors, data and models lie. `ROSA_GOLDEN` names the folder of vectors (default: golden beside
/// the checkout's shared folder); the data and models folders are its siblings unless ROSA_DATA / ROSA_MODELS say
/// otherwise. Where a folder is missing, the small licence-free part in tests/golden is used and tests say what they
/// skip.
namespace rosa::test {

inline std::filesystem::path sourceDirectory() {
  if (const char* fromCtest = std::getenv("ROSA_SOURCE_DIR")) return fromCtest;
  return std::filesystem::current_path();
}

inline std::filesystem::path sharedFolder(const char* variable, const char* name) {
  if (const char* given = std::getenv(variable); given != nullptr && *given != '\0') return given;
  return sourceDirectory().parent_path() / "shared" / name;
}

inline std::filesystem::path goldenDirectory() {
  auto folder = sharedFolder("ROSA_GOLDEN", "golden");
  return std::filesystem::exists(folder) ? folder : sourceDirectory() / "tests" / "golden";
}
inline std::filesystem::path dataDirectory() {
  return sharedFolder("ROSA_DATA", "data");
}
inline std::filesystem::path modelsDirectory() {
  return sharedFolder("ROSA_MODELS", "models");
}

}  // namespace rosa::test
