// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/model_finder.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <system_error>

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

}  // namespace

std::vector<fs::path> findModels(const std::vector<fs::path>& roots) {
  std::vector<fs::path> found;
  for (const fs::path& root : roots) {
    for (const fs::path& folder : foldersIn(root)) {
      if (isModel(folder)) {
        found.push_back(folder);
      } else if (folder.filename().string().starts_with("models--")) {
        for (const fs::path& snapshot : foldersIn(folder / "snapshots")) {
          if (isModel(snapshot)) found.push_back(snapshot);
        }
      }
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::vector<fs::path> usualModelFolders(const fs::path& home, const fs::path& sampleModel) {
  std::vector<fs::path> roots = {home / "models", home / "exports"};
  if (!sampleModel.empty()) roots.push_back(sampleModel.parent_path());
  if (const char* hub = std::getenv("HF_HOME")) {
    roots.push_back(fs::path(hub) / "hub");
  } else if (const char* user = std::getenv("HOME")) {
    roots.push_back(fs::path(user) / ".cache" / "huggingface" / "hub");
  }
  return roots;
}

}  // namespace rosa::ui
