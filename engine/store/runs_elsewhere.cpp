// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/runs_elsewhere.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/atomic_write.h"
#include "base/file.h"
#include "base/text.h"
#include "store/line_file.h"

namespace rosa::store {

namespace fs = std::filesystem;

Expected<std::vector<fs::path>> RunsElsewhere::list() const {
  constexpr std::size_t kLongestPath = 4096;
  std::vector<fs::path> folders;
  ROSA_CHECK(visitLines(file_, kLongestPath, [&folders](std::string_view line) -> Status {
    if (!line.empty()) folders.emplace_back(line);
    return {};
  }));
  return folders;
}

Status RunsElsewhere::add(const fs::path& folder) {
  if (folder.native().find('\n') != std::string::npos) {
    return Error{fmt::format("{} has a line break in its name, so it cannot be listed. Rename the folder.",
                             base::printable(folder.native()))};
  }
  ROSA_TRY(const auto folders, list());
  if (std::ranges::find(folders, folder) != folders.end()) return {};
  ROSA_TRY(auto lines, LineFile::open(file_));
  return lines.append(folder.native());
}

Status RunsElsewhere::remove(const fs::path& folder) {
  ROSA_TRY(auto folders, list());
  if (std::erase(folders, folder) == 0) return {};
  std::string text;
  for (const fs::path& kept : folders) text += kept.native() + "\n";
  return base::writeFileAtomically(base::FileSystem::real(), file_, text);
}

}  // namespace rosa::store
