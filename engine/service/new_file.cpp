// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/new_file.h"

#include <fmt/format.h>

#include "base/file.h"

namespace rosa::service {

Status prepareNewFile(const std::filesystem::path& path, std::string_view form, std::string_view example) {
  if (path.filename().empty() || std::filesystem::is_directory(path)) {
    return Error{fmt::format("{} is a folder, and --as {} writes one file. Name it, such as {}.", path.string(), form,
                             (path / example).string())};
  }
  if (std::filesystem::exists(path)) {
    return Error{fmt::format("{} is there already. Choose another name, or remove it first.", path.string())};
  }
  const auto folder = path.parent_path();
  if (!folder.empty()) return base::FileSystem::real().createFolders(folder);
  return {};
}

}  // namespace rosa::service
