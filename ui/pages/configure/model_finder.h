// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <vector>

/// Looks for model folders on this machine; reads directory listings only. May be called from any thread.
namespace rosa::ui {

/// The folders directly below `roots` (and the snapshots of hub caches among them) that hold config.json and weights.
/// Sorted by name; roots that do not exist or may not be read are passed over.
[[nodiscard]] std::vector<std::filesystem::path> findModels(const std::vector<std::filesystem::path>& roots);

/// Where models usually lie: beside the sample, below `home`/models, and in the hub cache of other tools.
[[nodiscard]] std::vector<std::filesystem::path> usualModelFolders(const std::filesystem::path& home,
                                                                   const std::filesystem::path& sampleModel);

}  // namespace rosa::ui
