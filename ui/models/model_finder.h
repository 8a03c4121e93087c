// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <vector>

/// Looks for model folders on this machine; reads directory listings only. May be called from any thread.
namespace rosa::ui {

/// The folders directly below `roots` that hold config.json and weights; of each model of a hub cache among them the
/// snapshot that `modelFolder` gives. Sorted by path; roots that do not exist or may not be read are passed over.
[[nodiscard]] std::vector<std::filesystem::path> findModels(const std::vector<std::filesystem::path>& roots);

/// The folder that is meant by `path`: of a hub cache's models--owner--name, or its snapshots folder, the snapshot that
/// its refs/main names, else the newest that holds a model. Any other path as it is.
[[nodiscard]] std::filesystem::path modelFolder(const std::filesystem::path& path);

/// Where models usually lie: below `samples`, `home`/exports and `home`/models, and in the hub cache that other tools
/// share (HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME or HOME say where).
[[nodiscard]] std::vector<std::filesystem::path> usualModelFolders(const std::filesystem::path& home,
                                                                   const std::filesystem::path& samples);

}  // namespace rosa::ui
