// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/file.h"
#include "base/sha256.h"
#include "rosa/expected.h"

namespace rosa::checkpoint {

constexpr const char* kManifestFile = "manifest.json";

/// Size and hash of every file of a checkpoint, written when all of them are complete: a folder without it, or one that
/// does not agree with it, is no checkpoint.
struct Manifest {
  std::map<std::string, base::FileDigest> files;  ///< by name inside the folder
};

[[nodiscard]] std::string formatManifest(const Manifest& manifest);
[[nodiscard]] Expected<Manifest> readManifest(base::FileSystem& files, const std::filesystem::path& folder);

/// Reads every file listed and compares; files that are not listed do not matter.
[[nodiscard]] Status verifyCheckpoint(base::FileSystem& files, const std::filesystem::path& folder);

}  // namespace rosa::checkpoint
