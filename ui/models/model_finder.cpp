// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/model_finder.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

namespace rosa::ui {
namespace {

namespace fs = std::filesystem;

/// A folder with more entries than this is a store of something else.
constexpr int kMostEntries = 4096;

std::vector<fs::path> foldersIn(const fs::path& root) {
  std::vector<fs::path> folders;
  std::error_code error;
  int entries = 0;
  for (fs::directory_iterator it(root, error), end; !error && it != end && ++entries <= kMostEntries;
       it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored)) folders.push_back(it->path());
  }
  return folders;
}

bool isModel(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder / "config.json", error)) return false;
  return fs::exists(folder / "model.safetensors", error) || fs::exists(folder / "model.safetensors.index.json", error);
}

/// A folder of a hub cache that holds one model in one or more versions.
bool isHubModel(const fs::path& folder) {
  return folder.filename().string().starts_with("models--");
}

std::string firstWord(const fs::path& file) {
  std::string word;
  std::ifstream(file) >> word;
  return word;
}

/// Empty where no snapshot holds a model.
fs::path snapshotOf(const fs::path& hubModel) {
  const fs::path snapshots = hubModel / "snapshots";
  const std::string main = firstWord(hubModel / "refs" / "main");
  if (!main.empty() && isModel(snapshots / main)) return snapshots / main;
  fs::path newest;
  fs::file_time_type newestTime = fs::file_time_type::min();
  for (const fs::path& snapshot : foldersIn(snapshots)) {
    std::error_code error;
    const auto time = fs::last_write_time(snapshot, error);
    if (isModel(snapshot) && (newest.empty() || time > newestTime)) {
      newest = snapshot;
      newestTime = time;
    }
  }
  return newest;
}

/// The variable as a path below which `rest` lies; empty where it is not set.
fs::path below(const char* variable, const char* rest) {
  const char* value = std::getenv(variable);
  return value == nullptr || *value == '\0' ? fs::path() : fs::path(value) / rest;
}

fs::path hubCache() {
  for (const fs::path& place : {below("HF_HUB_CACHE", ""), below("HUGGINGFACE_HUB_CACHE", ""), below("HF_HOME", "hub"),
                                below("XDG_CACHE_HOME", "huggingface/hub"), below("HOME", ".cache/huggingface/hub")}) {
    if (!place.empty()) return place;
  }
  return {};
}

}  // namespace

std::vector<fs::path> findModels(const std::vector<fs::path>& roots) {
  std::vector<fs::path> found;
  for (const fs::path& root : roots) {
    for (const fs::path& folder : foldersIn(root)) {
      if (isModel(folder)) {
        found.push_back(folder);
      } else if (isHubModel(folder)) {
        if (fs::path snapshot = snapshotOf(folder); !snapshot.empty()) found.push_back(std::move(snapshot));
      }
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

fs::path modelFolder(const fs::path& path) {
  const fs::path folder = path.has_filename() ? path : path.parent_path();
  const fs::path hubModel = folder.filename() == "snapshots" ? folder.parent_path() : folder;
  if (!isHubModel(hubModel) || isModel(folder)) return path;
  const fs::path snapshot = snapshotOf(hubModel);
  return snapshot.empty() ? path : snapshot;
}

std::vector<fs::path> usualModelFolders(const fs::path& home, const fs::path& samples) {
  std::vector<fs::path> roots = {samples, home / "exports", home / "models"};
  if (fs::path hub = hubCache(); !hub.empty()) roots.push_back(std::move(hub));
  return roots;
}

}  // namespace rosa::ui
