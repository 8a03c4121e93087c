// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/temporary_folder.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <system_error>

namespace rosa::base {

namespace fs = std::filesystem;

Expected<TemporaryFolder> TemporaryFolder::make(const std::string& purpose) {
  std::error_code error;
  auto pattern = (fs::temp_directory_path(error) / ("rosa-" + purpose + "-XXXXXX")).string();
  if (!error && mkdtemp(pattern.data()) == nullptr) error = std::error_code(errno, std::generic_category());
  if (error) {
    return Error{
        fmt::format("There is no temporary folder: {}. Set TMPDIR to one that can be written.", error.message())};
  }
  return TemporaryFolder(pattern);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace rosa::base
